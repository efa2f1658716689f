#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/topology.hpp"
#include "http/list_page.hpp"
#include "json/writer.hpp"

/// Private to this folder.
namespace orderly::broker::api {

inline const std::string& name_of(const SubscriptionInfo& info) { return info.config.name; }

/// The page of `all` (sorted by `name`) as the answer of a list call; an empty one is `{}`.
template <class Element, class Name, class Write>
std::string write_list(const char* member, const std::vector<Element>& all,
                       const http::ListPage& page, Name name, Write write) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  std::size_t written = 0;
  const Element* last = nullptr;
  for (const auto& each : all) {
    if (std::invoke(name, each) <= page.after) continue;
    if (written == page.size) break;
    if (written++ == 0) writer.key(member).begin_array();
    write(writer, each);
    last = &each;
  }
  if (last != nullptr) writer.end_array();
  if (last != nullptr && last != &all.back()) {
    writer.member("nextPageToken", http::ListPage::token_after(std::invoke(name, *last)));
  }
  writer.end_object();
  return body;
}

}  // namespace orderly::broker::api
