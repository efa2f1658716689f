#include "selftest/record.hpp"

#include <stdexcept>

namespace orderly::selftest {

Record::Record(const std::filesystem::path& file) : file_(file, std::ios::app) {
  if (!file_) throw std::runtime_error("cannot write " + file.string());
}

std::vector<events::OrderPlaced> Record::read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("there is no record " + file.string());
  std::vector<events::OrderPlaced> orders;
  for (std::string line; std::getline(in, line);) {
    auto order = events::parse_order_placed(line);
    if (!order) throw std::runtime_error(file.string() + ": no order: " + line);
    orders.push_back(std::move(*order));
  }
  return orders;
}

void Record::acknowledged(const events::OrderPlaced& order) {
  std::string line;
  events::append_json(line, order);
  file_ << line << std::endl;  // a line that was not written is no record
  orders_.push_back(order);
}

}  // namespace orderly::selftest
