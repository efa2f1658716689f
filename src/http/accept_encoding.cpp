#include "http/accept_encoding.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace orderly::http {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Thousandths of `1`, `0.5`, `1.000`; nothing for anything else.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = text[0] == '1' ? 1000 : 0;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int unit = 100;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

/// Of `gzip;q=0.5`; 0 where it cannot be read.
int weight_of(std::string_view parameters) {
  if (parameters.empty()) return 1000;
  const std::string_view parameter = trim(parameters.substr(1));
  if (parameter.size() < 2 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') return 0;
  return parse_weight(parameter.substr(2)).value_or(0);
}

struct Weights {
  std::optional<int> identity, gzip, brotli, any;
};

Weights parse(std::string_view header) {
  Weights weights;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view item = trim(header.substr(0, comma));
    header = comma == std::string_view::npos ? "" : header.substr(comma + 1);
    const std::size_t semicolon = item.find(';');
    const std::string_view name = trim(item.substr(0, semicolon));
    const int weight = weight_of(semicolon == std::string_view::npos ? "" : item.substr(semicolon));
    if (name == "*") weights.any = weight;
    if (equals_ignoring_case(name, "identity")) weights.identity = weight;
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) {
      weights.gzip = weight;
    }
    if (equals_ignoring_case(name, "br")) weights.brotli = weight;
  }
  return weights;
}

}  // namespace

Encoding choose_encoding(std::optional<std::string_view> accept_encoding, Encodings there) {
  if (!accept_encoding) return Encoding::kIdentity;
  const Weights weights = parse(*accept_encoding);
  const int any = weights.any.value_or(0);
  const int brotli = there.brotli ? weights.brotli.value_or(any) : 0;
  const int gzip = there.gzip ? weights.gzip.value_or(any) : 0;
  // Identity that is not named is taken, but nobody prefers it.
  const int identity = weights.identity.value_or(0);
  if (brotli > 0 && brotli >= std::max(gzip, identity)) return Encoding::kBrotli;
  if (gzip > 0 && gzip >= identity) return Encoding::kGzip;
  return Encoding::kIdentity;
}

}  // namespace orderly::http
