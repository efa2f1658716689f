#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace orderly::broker::api {

/// The full names that Pub/Sub's JSON has: projects/PROJECT/topics/NAME. There is one project.
class ResourceNames {
 public:
  explicit ResourceNames(std::string project) : project_(std::move(project)) {}

  [[nodiscard]] const std::string& project() const { return project_; }
  [[nodiscard]] std::string topic(std::string_view name) const;
  [[nodiscard]] std::string subscription(std::string_view name) const;

  /// The short name of a topic of this project; kInvalid names `field`.
  [[nodiscard]] Result<std::string> parse_topic(std::string_view field,
                                                std::string_view text) const;
  /// kNotFound for a project that is not this one.
  [[nodiscard]] Result<void> check_project(std::string_view project) const;

 private:
  std::string project_;
};

/// What a subscription names as its topic once that is deleted, as Pub/Sub does.
inline constexpr std::string_view kDeletedTopic = "_deleted-topic_";

/// A name that may be given: as Pub/Sub has it (see TopicConfig), and not beginning with "goog".
Result<void> check_new_name(std::string_view field, std::string_view name);

}  // namespace orderly::broker::api
