#include "orderinfo/order_streams.hpp"

#include <algorithm>
#include <utility>

namespace orderly::orderinfo {

/// One customer's stream. It is live or replays: a live one is handed each change by the watch; one
/// that is behind reads its customer's changes until it stands where the watch does.
class OrderStreams::Stream final : public http::BodyStream {
 public:
  Stream(OrderStreams& all, CustomerId customer, std::optional<StreamId> after)
      : all_(all), customer_(std::move(customer)), after_(after) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override {
    if (listed_) all_.by_customer_.erase(*listed_);
    if (awaiting_) all_.awaiting_load_.erase(*awaiting_);
  }

  runtime::Task<std::optional<std::string>> next() override;
  void end() override {
    over_ = true;
    woken_.notify();
  }

  /// A change of its customer, already encoded.
  void take(Position position, const std::string& event);
  void take_loaded(Position loaded);

 private:
  friend class OrderStreams;

  void begin();
  void reset(ResetReason reason);
  void replay();
  void append(std::string_view event);
  void await_load(Position position);

  OrderStreams& all_;
  CustomerId customer_;
  std::optional<StreamId> after_;
  std::optional<ChangeWatch::Watching> watching_;
  std::optional<std::unordered_multimap<std::string, Stream*>::iterator> listed_;
  std::optional<std::multimap<Position, Stream*>::iterator> awaiting_;
  Position position_ = 0;  ///< told, or about to be, up to here
  Position newest_ = 0;    ///< position of the last order that was told
  std::size_t replayed_ = 0;
  bool behind_ = false;
  bool over_ = false;
  std::string buffer_;
  runtime::Signal woken_;
};

runtime::Task<std::optional<std::string>> OrderStreams::Stream::next() {
  if (!watching_) begin();
  for (;;) {
    const auto ticket = woken_.ticket();
    if (over_) co_return std::nullopt;
    if (behind_ && buffer_.empty()) replay();
    if (!buffer_.empty()) co_return std::exchange(buffer_, {});
    if (behind_) continue;
    const SteadyTime deadline = all_.loop_.steady_now() + kHeartbeatInterval;
    if (!co_await woken_.wait(all_.loop_, ticket, deadline)) co_return std::string(kHeartbeat);
  }
}

void OrderStreams::Stream::begin() {
  watching_.emplace(all_.watch_);
  listed_ = all_.by_customer_.emplace(customer_.value, this);
  const Uuid epoch = all_.store_.epoch();
  const Position now = all_.watch_.position();
  position_ = now;
  append(kRetryField);
  if (after_) {
    const Position head = std::max(now, all_.store_.progress().head);
    if (after_->epoch != epoch || after_->position > head) {
      reset(ResetReason::kOtherHistory);
    } else {
      position_ = after_->position;
      behind_ = position_ < now;
    }
  }
  append(ready_event({epoch, position_}, all_.loaded()));
}

void OrderStreams::Stream::reset(ResetReason reason) {
  all_.resets_.add();
  position_ = all_.watch_.position();
  behind_ = false;
  append(reset_event({all_.store_.epoch(), position_}, reason));
}

/// The next page of what was missed. Nothing suspends between the watch's position and the end of
/// being behind, so that no change falls between the two or is told by both.
void OrderStreams::Stream::replay() {
  if (replayed_ >= kMaxReplayed) return reset(ResetReason::kTooFarBehind);
  const Position upto = all_.watch_.position();
  const auto changes = all_.store_.changes_of(customer_, position_, upto, kReplayPage);
  behind_ = changes.size() == kReplayPage;
  for (const Change& change : changes) {
    append(order_event(all_.store_.epoch(), change));
    await_load(change.position);
  }
  position_ = behind_ ? changes.back().position : std::max(position_, upto);
  replayed_ += changes.size();
  all_.replayed_.add(changes.size());
}

void OrderStreams::Stream::append(std::string_view event) {
  if (over_) return;
  buffer_ += event;
  if (buffer_.size() <= kMaxStreamBuffer) return woken_.notify();
  all_.cut_off_.add();
  std::string().swap(buffer_);
  end();
}

void OrderStreams::Stream::take(Position position, const std::string& event) {
  if (behind_ || position <= position_) return;
  position_ = position;
  append(event);
  await_load(position);
}

void OrderStreams::Stream::await_load(Position position) {
  newest_ = position;
  if (!awaiting_) all_.await_load(position, *this);
}

void OrderStreams::Stream::take_loaded(Position loaded) {
  awaiting_.reset();
  append(warehouse_event(loaded));
  if (newest_ > loaded) all_.await_load(loaded + 1, *this);
}

OrderStreams::OrderStreams(runtime::EventLoop& loop, const ReadModel& store, ChangeWatch& watch,
                           telemetry::Metrics& metrics, LoadedChanges warehouse)
    : loop_(loop),
      store_(store),
      watch_(watch),
      warehouse_(std::move(warehouse)),
      told_(metrics.counter("orderly_orderinfo_stream_changes_total",
                            "Changes handed to streams, once for each stream")),
      replayed_(metrics.counter("orderly_orderinfo_stream_replayed_total",
                                "Changes told again or late to streams that came back")),
      resets_(metrics.counter("orderly_orderinfo_stream_resets_total",
                              "Streams that could not be told what they missed")),
      cut_off_(metrics.counter("orderly_orderinfo_stream_cut_off_total",
                               "Streams cut off since their reader was too slow")),
      tasks_(loop) {
  watch_.add(*this);
}

std::shared_ptr<http::BodyStream> OrderStreams::open(CustomerId customer,
                                                     std::optional<StreamId> after) {
  return std::make_shared<Stream>(*this, std::move(customer), after);
}

void OrderStreams::saw_change(const Change& change) {
  // A page that shows an order goes on showing it until it asks again; what is taken out is an
  // operator's business.
  if (change.data.removed) return;
  const auto [first, last] = by_customer_.equal_range(change.data.info.customer_id.value);
  if (first == last) return;
  const std::string event = order_event(store_.epoch(), change);
  for (auto stream = first; stream != last; ++stream) {
    stream->second->take(change.position, event);
    told_.add();
  }
}

std::optional<Position> OrderStreams::loaded() const {
  return warehouse_.position ? warehouse_.position() : std::nullopt;
}

void OrderStreams::await_load(Position position, Stream& stream) {
  if (!warehouse_.position) return;
  stream.awaiting_ = awaiting_load_.emplace(position, &stream);
  if (!std::exchange(following_warehouse_, true)) {
    tasks_.spawn("orderinfo streams follow the warehouse", follow_warehouse());
  }
  awaited_.notify();
}

void OrderStreams::tell_loaded() {
  const auto position = loaded();
  if (!position) return;
  while (!awaiting_load_.empty() && awaiting_load_.begin()->first <= *position) {
    Stream& stream = *awaiting_load_.begin()->second;
    awaiting_load_.erase(awaiting_load_.begin());
    stream.take_loaded(*position);
  }
}

runtime::Task<void> OrderStreams::follow_warehouse() {
  for (;;) {
    const auto awaited = awaited_.ticket();
    const auto moved = warehouse_.moved->ticket();
    tell_loaded();
    const SteadyTime deadline = loop_.steady_now() + kHeartbeatInterval;
    if (awaiting_load_.empty()) {
      (void)co_await awaited_.wait(loop_, awaited, deadline);
    } else {
      (void)co_await warehouse_.moved->wait(loop_, moved, deadline);
    }
  }
}

runtime::Task<void> OrderStreams::stop() {
  tasks_.stop();
  co_await tasks_.join();
}

namespace {

constexpr std::string_view kLastEventId = "Last-Event-ID";

/// Whose stream it is. The one place that will ask who calls once customers are identified.
Result<CustomerId> customer_of(http::Query& query) {
  const auto customer = query.required_string("customer_id");
  if (auto read = query.finish(); !read) return std::unexpected(std::move(read.error()));
  return parse_id<CustomerId>("customer_id", customer);
}

Result<std::optional<StreamId>> parse_after(std::string_view name,
                                            std::optional<std::string_view> text) {
  if (!text || text->empty()) return std::nullopt;
  const auto id = StreamId::parse(*text);
  if (!id) return invalid(name, std::string(name) + " must be the id of an event of a stream.");
  return *id;
}

}  // namespace

Result<StreamRequest> parse_stream_request(const http::Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(query.error());
  auto customer = customer_of(*query);
  if (!customer) return std::unexpected(std::move(customer.error()));
  if (request.headers.count(kLastEventId) > 1) {
    return invalid(kLastEventId, "Last-Event-ID must be given only once.");
  }
  const auto seen = parse_after(kLastEventId, request.header(kLastEventId));
  if (!seen) return std::unexpected(seen.error());
  const auto after = parse_after("after", query->find("after"));
  if (!after) return std::unexpected(after.error());
  return StreamRequest{std::move(*customer), *seen ? *seen : *after};
}

}  // namespace orderly::orderinfo
