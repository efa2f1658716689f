#include "http/base_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace orderly::http {

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  const std::string shown(text);
  if (!parsed) return invalid("url", shown + " is not a URL.", "malformed_url");
  const auto text_of = [](auto part) { return std::string(part.data(), part.size()); };
  if (text_of(parsed->scheme()) != "http") {
    return invalid("url", shown + " does not start with http://, the only scheme spoken here.",
                   "unsupported_scheme");
  }
  if (parsed->encoded_host().empty() || parsed->has_userinfo() || parsed->has_query() ||
      parsed->has_fragment() || (!parsed->port().empty() && parsed->port_number() == 0)) {
    return invalid("url", shown + " must have the form http://host[:port][/path].",
                   "malformed_url");
  }
  BaseUrl url;
  url.host = text_of(parsed->encoded_host());
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  if (!parsed->port().empty()) url.port_number = parsed->port_number();
  url.authority = text_of(parsed->encoded_host_and_port());
  url.path = text_of(parsed->encoded_path());
  while (url.path.ends_with('/'))
    url.path.pop_back();
  return url;
}

}  // namespace orderly::http
