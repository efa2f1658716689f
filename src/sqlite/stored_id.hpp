#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "sqlite/statement.hpp"

namespace orderly::sqlite {

/// A user's identifier as a column of type ANY holds it: a canonical UUID as a blob of 16 bytes,
/// which is less than half of its text and, being ordered in time, appends to its index; anything
/// else as text. The two never equal one another, and each id has exactly one form.
///
/// Bound where it is: keep it, and the id it was made from, alive until the use ends.
class StoredId {
 public:
  template <class Tag>
  explicit StoredId(const Id<Tag>& id) : text_(id.value), uuid_(Uuid::parse(id.value)) {}
  template <class Tag>
  explicit StoredId(const Id<Tag>&& id) = delete;

  void bind_to(Statement::Use& use, int index) const {
    if (uuid_) {
      use.bind(index, *uuid_);
    } else {
      use.bind(index, text_);
    }
  }

 private:
  std::string_view text_;
  std::optional<Uuid> uuid_;
};

/// The id in `column` of the current row.
template <class IdType>
IdType read_id(const Statement::Use& row, int column) {
  if (row.is_blob(column)) return IdType{row.uuid(column).to_string()};
  return IdType{std::string(row.text(column))};
}

}  // namespace orderly::sqlite
