#include "broker/api/resource_names.hpp"

#include <fmt/format.h>

#include "broker/broker.hpp"

namespace orderly::broker::api {

std::string ResourceNames::topic(std::string_view name) const {
  return fmt::format("projects/{}/topics/{}", project_, name);
}

std::string ResourceNames::subscription(std::string_view name) const {
  return fmt::format("projects/{}/subscriptions/{}", project_, name);
}

Result<std::string> ResourceNames::parse_topic(std::string_view field,
                                               std::string_view text) const {
  const std::string prefix = topic("");
  if (text.starts_with(prefix)) {
    const std::string_view name = text.substr(prefix.size());
    if (check(TopicConfig{.name = std::string(name)})) return std::string(name);
  }
  return invalid(field, fmt::format("{} must be the full name of a topic of this server's project, "
                                    "{}NAME.",
                                    field, prefix));
}

Result<void> ResourceNames::check_project(std::string_view project) const {
  if (project == project_) return {};
  return failure(ErrorKind::kNotFound, "project_not_found",
                 fmt::format("There is no project {} here; this server's project is {} (its option "
                             "--project).",
                             project, project_));
}

Result<void> check_new_name(std::string_view field, std::string_view name) {
  if (auto checked = check(TopicConfig{.name = std::string(name)}); !checked) {
    return invalid(field, fmt::format("{} must have 3 to {} letters, digits or -._~+% and begin "
                                      "with a letter.",
                                      field, kMaxNameBytes));
  }
  if (name.starts_with("goog")) {
    return invalid(field, fmt::format("{} must not begin with goog.", field));
  }
  return {};
}

}  // namespace orderly::broker::api
