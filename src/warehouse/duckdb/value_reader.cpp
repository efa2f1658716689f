#include "warehouse/duckdb/value_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "base/dates.hpp"
#include "base/ids.hpp"

namespace orderly::warehouse::duckdb {
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

template <class T>
T at(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

bool is_null(duckdb_vector vector, idx_t row) {
  auto* const validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string_view bytes_at(duckdb_vector vector, idx_t row) {
  auto* const texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

UnsignedWide wide_bits(std::uint64_t upper, std::uint64_t lower) {
  return static_cast<UnsignedWide>(upper) << 64 | lower;
}

std::string digits_of(UnsignedWide value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return text;
}

std::string wide_text(Wide value) {
  const auto bits = static_cast<UnsignedWide>(value);
  return value < 0 ? "-" + digits_of(-bits) : digits_of(bits);
}

Cell integer_cell(Wide value) {
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value);
  }
  return wide_text(value);
}

Cell unsigned_cell(UnsignedWide value) {
  if (value <= static_cast<UnsignedWide>(std::numeric_limits<std::int64_t>::max())) {
    return static_cast<std::int64_t>(value);
  }
  return digits_of(value);
}

Wide hugeint(duckdb_vector vector, idx_t row) {
  const auto value = at<duckdb_hugeint>(vector, row);
  return static_cast<Wide>(wide_bits(static_cast<std::uint64_t>(value.upper), value.lower));
}

/// A signed integer of the type `storage`.
Wide integer_at(duckdb_type storage, duckdb_vector vector, idx_t row) {
  switch (storage) {
    case DUCKDB_TYPE_TINYINT:
      return at<std::int8_t>(vector, row);
    case DUCKDB_TYPE_SMALLINT:
      return at<std::int16_t>(vector, row);
    case DUCKDB_TYPE_INTEGER:
      return at<std::int32_t>(vector, row);
    case DUCKDB_TYPE_BIGINT:
      return at<std::int64_t>(vector, row);
    default:
      return hugeint(vector, row);
  }
}

std::size_t unsigned_at(duckdb_type storage, duckdb_vector vector, idx_t row) {
  switch (storage) {
    case DUCKDB_TYPE_UTINYINT:
      return at<std::uint8_t>(vector, row);
    case DUCKDB_TYPE_USMALLINT:
      return at<std::uint16_t>(vector, row);
    default:
      return at<std::uint32_t>(vector, row);
  }
}

std::string decimal_text(Wide value, unsigned scale) {
  std::string digits =
      digits_of(value < 0 ? -static_cast<UnsignedWide>(value) : static_cast<UnsignedWide>(value));
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
  }
  return value < 0 ? "-" + digits : digits;
}

std::string date_text(duckdb_date date) {
  const Date day{std::chrono::days(date.days)};
  const std::chrono::year_month_day parts{day};
  if (duckdb_is_finite_date(date) && parts.year() >= std::chrono::year(1) &&
      parts.year() <= std::chrono::year(9999)) {
    return format_date(day);
  }
  return take_text(duckdb_get_varchar(Value(duckdb_create_date(date)).get()));
}

std::string uuid_text(duckdb_vector vector, idx_t row) {
  const auto stored = at<duckdb_hugeint>(vector, row);
  // DuckDB flips the first bit so that its signed integers sort as the text does.
  const auto upper = static_cast<std::uint64_t>(stored.upper) ^ (std::uint64_t{1} << 63);
  Uuid uuid;
  for (unsigned i = 0; i < 8; ++i) {
    uuid.bytes[i] = static_cast<std::byte>(upper >> (56 - 8 * i));
    uuid.bytes[8 + i] = static_cast<std::byte>(stored.lower >> (56 - 8 * i));
  }
  return uuid.to_string();
}

/// BIGNUM is stored as three bytes of length and sign, then the digits, all inverted if negative.
Value bignum_value(std::string_view stored) {
  constexpr std::size_t kHeader = 3;
  const bool negative = (static_cast<unsigned char>(stored[0]) & 0x80U) == 0;
  std::vector<std::uint8_t> digits;
  for (const char c : stored.substr(kHeader)) {
    const auto byte = static_cast<std::uint8_t>(c);
    digits.push_back(negative ? static_cast<std::uint8_t>(~byte) : byte);
  }
  return Value(duckdb_create_bignum({digits.data(), digits.size(), negative}));
}

/// The types whose text DuckDB itself makes best.
Value boxed(duckdb_type id, duckdb_vector vector, idx_t row) {
  switch (id) {
    case DUCKDB_TYPE_TIME:
      return Value(duckdb_create_time(at<duckdb_time>(vector, row)));
    case DUCKDB_TYPE_TIME_NS:
      return Value(duckdb_create_time_ns(at<duckdb_time_ns>(vector, row)));
    case DUCKDB_TYPE_TIME_TZ:
      return Value(duckdb_create_time_tz_value(at<duckdb_time_tz>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP:
      return Value(duckdb_create_timestamp(at<duckdb_timestamp>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Value(duckdb_create_timestamp_tz(at<duckdb_timestamp>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP_S:
      return Value(duckdb_create_timestamp_s(at<duckdb_timestamp_s>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return Value(duckdb_create_timestamp_ms(at<duckdb_timestamp_ms>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return Value(duckdb_create_timestamp_ns(at<duckdb_timestamp_ns>(vector, row)));
    case DUCKDB_TYPE_INTERVAL:
      return Value(duckdb_create_interval(at<duckdb_interval>(vector, row)));
    case DUCKDB_TYPE_BIGNUM:
      return bignum_value(bytes_at(vector, row));
    case DUCKDB_TYPE_BIT: {
      std::string bits(bytes_at(vector, row));
      return Value(duckdb_create_bit({reinterpret_cast<std::uint8_t*>(bits.data()), bits.size()}));
    }
    default: {
      const auto bytes = bytes_at(vector, row);
      return Value(
          duckdb_create_blob(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    }
  }
}

struct Name {
  duckdb_type id;
  const char* name;
};
constexpr std::array<Name, 29> kNames = {{{DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
                                          {DUCKDB_TYPE_TINYINT, "TINYINT"},
                                          {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
                                          {DUCKDB_TYPE_INTEGER, "INTEGER"},
                                          {DUCKDB_TYPE_BIGINT, "BIGINT"},
                                          {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
                                          {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
                                          {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
                                          {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
                                          {DUCKDB_TYPE_FLOAT, "FLOAT"},
                                          {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
                                          {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
                                          {DUCKDB_TYPE_DATE, "DATE"},
                                          {DUCKDB_TYPE_TIME, "TIME"},
                                          {DUCKDB_TYPE_TIME_NS, "TIME_NS"},
                                          {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
                                          {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
                                          {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
                                          {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
                                          {DUCKDB_TYPE_BLOB, "BLOB"},
                                          {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
                                          {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
                                          {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
                                          {DUCKDB_TYPE_UUID, "UUID"},
                                          {DUCKDB_TYPE_BIT, "BIT"},
                                          {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
                                          {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
                                          {DUCKDB_TYPE_BIGNUM, "BIGNUM"},
                                          {DUCKDB_TYPE_SQLNULL, "\"NULL\""}}};

}  // namespace

ValueReader::ValueReader(duckdb_logical_type type) : id_(duckdb_get_type_id(type)), storage_(id_) {
  describe_children(type);
  name_type(type);
}

void ValueReader::add_child(std::string name, duckdb_logical_type type) {
  const LogicalType owned(type);
  names_.push_back(std::move(name));
  children_.emplace_back(owned.get());
}

void ValueReader::describe_children(duckdb_logical_type type) {
  switch (id_) {
    case DUCKDB_TYPE_DECIMAL:
      storage_ = duckdb_decimal_internal_type(type);
      scale_ = duckdb_decimal_scale(type);
      break;
    case DUCKDB_TYPE_ENUM:
      storage_ = duckdb_enum_internal_type(type);
      for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i)
        labels_.push_back(take_text(duckdb_enum_dictionary_value(type, i)));
      break;
    case DUCKDB_TYPE_LIST:
      add_child("", duckdb_list_type_child_type(type));
      break;
    case DUCKDB_TYPE_ARRAY:
      array_size_ = duckdb_array_type_array_size(type);
      add_child("", duckdb_array_type_child_type(type));
      break;
    case DUCKDB_TYPE_MAP:
      add_child("key", duckdb_map_type_key_type(type));
      add_child("value", duckdb_map_type_value_type(type));
      break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i)
        add_child(take_text(duckdb_struct_type_child_name(type, i)),
                  duckdb_struct_type_child_type(type, i));
      break;
    case DUCKDB_TYPE_UNION:
      for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i)
        add_child(take_text(duckdb_union_type_member_name(type, i)),
                  duckdb_union_type_member_type(type, i));
      break;
    default:
      break;
  }
}

void ValueReader::name_type(duckdb_logical_type type) {
  const auto members = [this] {
    std::string list;
    for (std::size_t i = 0; i < children_.size(); ++i)
      list += fmt::format("{}{} {}", i == 0 ? "" : ", ", names_[i], children_[i].name_);
    return list;
  };
  switch (id_) {
    case DUCKDB_TYPE_DECIMAL:
      name_ = fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), scale_);
      return;
    case DUCKDB_TYPE_ENUM:
      name_ = fmt::format("ENUM('{}')", fmt::join(labels_, "', '"));
      return;
    case DUCKDB_TYPE_LIST:
      name_ = children_[0].name_ + "[]";
      return;
    case DUCKDB_TYPE_ARRAY:
      name_ = fmt::format("{}[{}]", children_[0].name_, array_size_);
      return;
    case DUCKDB_TYPE_MAP:
      name_ = fmt::format("MAP({}, {})", children_[0].name_, children_[1].name_);
      return;
    case DUCKDB_TYPE_STRUCT:
      name_ = fmt::format("STRUCT({})", members());
      return;
    case DUCKDB_TYPE_UNION:
      name_ = fmt::format("UNION({})", members());
      return;
    default:
      for (const Name& known : kNames) {
        if (known.id == id_) name_ = known.name;
      }
  }
}

bool ValueReader::readable() const {
  if (name_.empty()) return false;
  for (const ValueReader& child : children_) {
    if (!child.readable()) return false;
  }
  return true;
}

Cell ValueReader::read(duckdb_vector vector, idx_t row) const {
  if (is_null(vector, row) || id_ == DUCKDB_TYPE_SQLNULL) return {};
  if (children_.empty()) return read_scalar(vector, row);
  std::string text;
  json::Writer writer(text);
  append_json(writer, vector, row);
  return text;
}

Cell ValueReader::read_scalar(duckdb_vector vector, idx_t row) const {
  switch (id_) {
    case DUCKDB_TYPE_BOOLEAN:
      return at<bool>(vector, row);
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return integer_cell(integer_at(id_, vector, row));
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
      return static_cast<std::int64_t>(unsigned_at(id_, vector, row));
    case DUCKDB_TYPE_UBIGINT:
      return unsigned_cell(at<std::uint64_t>(vector, row));
    case DUCKDB_TYPE_UHUGEINT: {
      const auto value = at<duckdb_uhugeint>(vector, row);
      return unsigned_cell(wide_bits(value.upper, value.lower));
    }
    case DUCKDB_TYPE_FLOAT:
      return static_cast<double>(at<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return at<double>(vector, row);
    default:
      return read_text(vector, row);
  }
}

std::string ValueReader::read_text(duckdb_vector vector, idx_t row) const {
  switch (id_) {
    case DUCKDB_TYPE_VARCHAR:
      return std::string(bytes_at(vector, row));
    case DUCKDB_TYPE_DECIMAL:
      return decimal_text(integer_at(storage_, vector, row), scale_);
    case DUCKDB_TYPE_DATE:
      return date_text(at<duckdb_date>(vector, row));
    case DUCKDB_TYPE_UUID:
      return uuid_text(vector, row);
    case DUCKDB_TYPE_ENUM:
      return labels_.at(unsigned_at(storage_, vector, row));
    default:
      return take_text(duckdb_get_varchar(boxed(id_, vector, row).get()));
  }
}

void ValueReader::append_json(json::Writer& out, duckdb_vector vector, idx_t row) const {
  if (is_null(vector, row)) {
    out.null();
    return;
  }
  switch (id_) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      append_list(out, vector, row);
      return;
    case DUCKDB_TYPE_MAP:
      append_map(out, vector, row);
      return;
    case DUCKDB_TYPE_STRUCT:
      append_struct(out, vector, row);
      return;
    case DUCKDB_TYPE_UNION: {
      // The first child says which of the others holds the value.
      const auto tag = at<std::uint8_t>(duckdb_struct_vector_get_child(vector, 0), row);
      children_.at(tag).append_json(out, duckdb_struct_vector_get_child(vector, tag + 1U), row);
      return;
    }
    default:
      break;
  }
  const Cell cell = read(vector, row);
  if (const auto* const text = std::get_if<std::string>(&cell)) {
    out.string(*text);
  } else if (const auto* const integer = std::get_if<std::int64_t>(&cell)) {
    out.integer(*integer);
  } else if (const auto* const real = std::get_if<double>(&cell)) {
    out.real(*real);
  } else if (const auto* const flag = std::get_if<bool>(&cell)) {
    out.boolean(*flag);
  } else {
    out.null();
  }
}

void ValueReader::append_list(json::Writer& out, duckdb_vector vector, idx_t row) const {
  const bool fixed = id_ == DUCKDB_TYPE_ARRAY;
  const auto entry = fixed ? duckdb_list_entry{row * array_size_, array_size_}
                           : at<duckdb_list_entry>(vector, row);
  auto* const items =
      fixed ? duckdb_array_vector_get_child(vector) : duckdb_list_vector_get_child(vector);
  out.begin_array();
  for (idx_t i = 0; i < entry.length; ++i)
    children_[0].append_json(out, items, entry.offset + i);
  out.end_array();
}

void ValueReader::append_struct(json::Writer& out, duckdb_vector vector, idx_t row) const {
  out.begin_object();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    out.key(names_[i]);
    children_[i].append_json(out, duckdb_struct_vector_get_child(vector, i), row);
  }
  out.end_object();
}

void ValueReader::append_map(json::Writer& out, duckdb_vector vector, idx_t row) const {
  const auto entry = at<duckdb_list_entry>(vector, row);
  auto* const pairs = duckdb_list_vector_get_child(vector);
  auto* const keys = duckdb_struct_vector_get_child(pairs, 0);
  auto* const values = duckdb_struct_vector_get_child(pairs, 1);
  out.begin_object();
  for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    // A key of another type than text becomes the JSON that it would be as a value.
    std::string key;
    json::Writer key_writer(key);
    const Cell cell = children_[0].read(keys, i);
    if (const auto* const text = std::get_if<std::string>(&cell)) {
      key = *text;
    } else {
      children_[0].append_json(key_writer, keys, i);
    }
    out.key(key);
    children_[1].append_json(out, values, i);
  }
  out.end_object();
}

}  // namespace orderly::warehouse::duckdb
