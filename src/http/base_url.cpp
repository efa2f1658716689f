#include "http/base_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/text.hpp"

namespace orderly::http {
namespace {

constexpr std::int64_t kMaxPort = 65'535;

}  // namespace

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  const std::string shown(text);
  if (!parsed) return invalid("url", shown + " is not a URL.", "malformed_url");
  const auto text_of = [](auto part) { return std::string(part.data(), part.size()); };
  if (text_of(parsed->scheme()) != "http") {
    return invalid("url", shown + " does not start with http://, the only scheme spoken here.",
                   "unsupported_scheme");
  }
  // Boost takes a port of any size.
  const std::string port_text = parsed->port().empty() ? "80" : text_of(parsed->port());
  const auto port = parse_int64(port_text);
  const bool has_more = parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment();
  if (parsed->encoded_host().empty() || has_more || !port || *port < 1 || *port > kMaxPort) {
    return invalid("url", shown + " must have the form http://host[:port][/path].",
                   "malformed_url");
  }
  BaseUrl url;
  url.host = text_of(parsed->encoded_host());
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  url.port_number = static_cast<std::uint16_t>(*port);
  url.authority = text_of(parsed->encoded_host_and_port());
  url.path = text_of(parsed->encoded_path());
  while (url.path.ends_with('/'))
    url.path.pop_back();
  return url;
}

}  // namespace orderly::http
