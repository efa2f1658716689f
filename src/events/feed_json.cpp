#include "events/define_event.hpp"

namespace orderly::events {

template std::string encode_page(const FeedPage<OrderPlaced>&);
template std::string encode_page(const FeedPage<ProductPut>&);
template std::string encode_page(const FeedPage<OrderInfoPut>&);
template Result<FeedPage<OrderPlaced>> parse_page(std::string_view);
template Result<FeedPage<ProductPut>> parse_page(std::string_view);
template Result<FeedPage<OrderInfoPut>> parse_page(std::string_view);

}  // namespace orderly::events
