#include "warehouse/table_print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <vector>

#include "json/writer.hpp"

namespace orderly::warehouse {
namespace {

/// A number with the point or exponent that tells it from an integer.
std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

/// Nothing for NULL.
std::optional<std::string> text_of(const Cell& cell) {
  struct Visitor {
    std::optional<std::string> operator()(std::monostate) const { return std::nullopt; }
    std::optional<std::string> operator()(bool value) const { return value ? "true" : "false"; }
    std::optional<std::string> operator()(std::int64_t value) const {
      return std::to_string(value);
    }
    std::optional<std::string> operator()(double value) const { return real_text(value); }
    std::optional<std::string> operator()(const std::string& value) const { return value; }
  };
  return std::visit(Visitor{}, cell);
}

enum class Align : std::uint8_t { kLeft, kCentre, kRight };

using Lines = std::vector<std::string>;

Lines split_lines(const std::string& text) {
  Lines lines;
  for (const auto line : std::views::split(text, '\n')) {
    lines.emplace_back(line.begin(), line.end());
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

/// A table whose column widths are known once every row is in.
class Frame {
 public:
  explicit Frame(const std::vector<Column>& columns) : widths_(columns.size(), 0) {
    std::vector<Lines> header;
    for (const Column& column : columns) {
      header.push_back(split_lines(column.name));
      aligns_.push_back(column.type == "VARCHAR" ? Align::kLeft : Align::kRight);
    }
    add(std::move(header));
  }

  void add(std::vector<Lines> row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (const std::string& line : row[i])
        widths_[i] = std::max(widths_[i], display_width(line));
    }
    rows_.push_back(std::move(row));
  }

  [[nodiscard]] std::string print() const {
    std::string out;
    print_rule(out);
    print_row(out, rows_.front(), std::vector(widths_.size(), Align::kCentre));
    print_rule(out);
    for (std::size_t i = 1; i < rows_.size(); ++i)
      print_row(out, rows_[i], aligns_);
    print_rule(out);
    return out;
  }

 private:
  void print_rule(std::string& out) const {
    for (const std::size_t width : widths_)
      out.append(1, '+').append(width + 2, '-');
    out += "+\n";
  }

  void print_row(std::string& out, const std::vector<Lines>& row,
                 const std::vector<Align>& aligns) const {
    std::size_t height = 1;
    for (const Lines& lines : row)
      height = std::max(height, lines.size());
    for (std::size_t line = 0; line < height; ++line) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        out += "| ";
        print_padded(out, line < row[i].size() ? row[i][line] : "", widths_[i], aligns[i]);
        out += ' ';
      }
      out += "|\n";
    }
  }

  static void print_padded(std::string& out, const std::string& text, std::size_t width,
                           Align align) {
    const std::size_t slack = width - display_width(text);
    const std::size_t left = align == Align::kLeft ? 0 : align == Align::kRight ? slack : slack / 2;
    out.append(left, ' ').append(text).append(slack - left, ' ');
  }

  std::vector<std::size_t> widths_;
  std::vector<Align> aligns_;
  std::vector<std::vector<Lines>> rows_;
};

std::string print_table(const ResultTable& result) {
  if (result.rows.empty()) return {};
  Frame frame(result.columns);
  for (const Row& row : result.rows) {
    std::vector<Lines> cells;
    for (const Cell& cell : row)
      cells.push_back(split_lines(text_of(cell).value_or("NULL")));
    frame.add(std::move(cells));
  }
  return frame.print();
}

/// As Python's csv.QUOTE_MINIMAL. A lone empty field is quoted, else its line would be blank.
void append_csv_field(std::string& out, const std::string& text, bool alone) {
  const bool quote = text.find_first_of(",\"\r\n") != std::string::npos || (alone && text.empty());
  if (!quote) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string print_csv(const ResultTable& result) {
  if (result.rows.empty()) return {};
  const bool alone = result.columns.size() == 1;
  std::string out;
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    if (i > 0) out += ',';
    append_csv_field(out, result.columns[i].name, false);
  }
  out += '\n';
  for (const Row& row : result.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      append_csv_field(out, text_of(row[i]).value_or(""), alone);
    }
    out += '\n';
  }
  return out;
}

std::string print_json(const ResultTable& result) {
  // By name; of columns that share one the last counts, as an object has a key once.
  std::map<std::string_view, std::size_t> order;
  for (std::size_t i = 0; i < result.columns.size(); ++i)
    order.insert_or_assign(result.columns[i].name, i);
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const Row& row : result.rows) {
    writer.begin_object();
    for (const auto& [name, i] : order) {
      writer.key(name);
      const auto text = text_of(row[i]);
      text ? writer.string(*text) : writer.null();
    }
    writer.end_object();
  }
  writer.end_array();
  out += '\n';
  return out;
}

}  // namespace

std::optional<TableFormat> parse_table_format(std::string_view name) {
  if (name == "table") return TableFormat::kTable;
  if (name == "csv") return TableFormat::kCsv;
  if (name == "json") return TableFormat::kJson;
  return std::nullopt;
}

std::string print_result(const ResultTable& result, TableFormat format) {
  switch (format) {
    case TableFormat::kTable:
      return print_table(result);
    case TableFormat::kCsv:
      return print_csv(result);
    case TableFormat::kJson:
      return print_json(result);
  }
  return {};
}

}  // namespace orderly::warehouse
