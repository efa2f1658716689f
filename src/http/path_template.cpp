#include "http/path_template.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "http/query.hpp"

namespace orderly::http {
namespace {

/// Takes the first segment, without its slash, off `path`.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::string decode(std::string_view segment) {
  if (segment.find('%') == std::string_view::npos) return std::string(segment);
  return percent_decode(segment).value_or(std::string(segment));
}

}  // namespace

const std::string& PathParameters::at(std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &decltype(values_)::value_type::first);
  ORDERLY_CHECK(found != values_.end(), "a handler asks for the variables of its own path");
  return found->second;
}

PathTemplate::PathTemplate(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    verb_ = rest.substr(colon);
    rest = rest.substr(0, colon);
  }
  ORDERLY_CHECK(rest.starts_with('/') && verb_.find('/') == std::string::npos,
                "a path template starts with / and ends with its verb");
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    const bool is_variable = segment.starts_with('{') && segment.ends_with('}');
    const auto name = is_variable ? segment.substr(1, segment.size() - 2) : segment;
    segments_.push_back({.text = std::string(name), .is_variable = is_variable});
  }
}

std::string PathTemplate::shape() const {
  std::string shape;
  for (const auto& segment : segments_)
    shape.append("/").append(segment.is_variable ? "{}" : segment.text);
  return shape + verb_;
}

std::optional<PathParameters> PathTemplate::match(std::string_view path) const {
  if (!path.ends_with(verb_)) return std::nullopt;
  path.remove_suffix(verb_.size());
  PathParameters parameters;
  for (const auto& segment : segments_) {
    if (path.empty()) return std::nullopt;
    const std::string_view sent = take_segment(path);
    if (!segment.is_variable) {
      if (decode(sent) != segment.text) return std::nullopt;
      continue;
    }
    if (sent.empty() || sent.find(':') != std::string_view::npos) return std::nullopt;
    parameters.add(segment.text, decode(sent));
  }
  if (!path.empty()) return std::nullopt;
  return parameters;
}

bool is_template(std::string_view path) { return path.find('{') != std::string_view::npos; }

}  // namespace orderly::http
