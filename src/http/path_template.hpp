#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderly::http {

/// What the variables of a path stand for, percent-decoded.
class PathParameters {
 public:
  void add(std::string_view name, std::string value) {
    values_.emplace_back(name, std::move(value));
  }
  /// The template has a variable of that name.
  [[nodiscard]] const std::string& at(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, std::string>> values_;
};

/// A path with variables, in the form of Google's HTTP annotations
/// (https://github.com/googleapis/googleapis/blob/master/google/api/http.proto):
/// `/v1/projects/{project}/topics/{topic}:publish`. A variable is one whole segment that is not
/// empty and has no colon (unless it is sent as %3A); a verb stands behind the last segment only.
class PathTemplate {
 public:
  /// `text` starts with `/`; parameters of a match view into this object.
  explicit PathTemplate(std::string text);
  PathTemplate(const PathTemplate&) = delete;
  PathTemplate& operator=(const PathTemplate&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }
  /// The same for templates that match the same paths.
  [[nodiscard]] std::string shape() const;
  /// `path`: as sent, without the query; its escapes are whole (see percent_decode).
  [[nodiscard]] std::optional<PathParameters> match(std::string_view path) const;

 private:
  struct Segment {
    std::string text;  ///< a literal, or the variable's name
    bool is_variable = false;
  };

  std::string text_;
  std::vector<Segment> segments_;
  std::string verb_;  ///< with its colon; empty: none
};

/// Whether `path` has variables.
bool is_template(std::string_view path);

}  // namespace orderly::http
