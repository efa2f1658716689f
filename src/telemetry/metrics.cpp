#include "telemetry/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <mutex>
#include <variant>

#include "base/check.hpp"

namespace orderly::telemetry {

namespace {

struct Callback {
  std::function<double()> value;
};

using Source = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                            std::unique_ptr<Histogram>, Callback>;

struct Series {
  Labels labels;
  Source source;
};

struct Family {
  std::string help;
  prometheus::MetricType type;
  std::list<Series> series;  // handles and registrations point into it
};

prometheus::ClientMetric::Histogram collect_histogram(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram out;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < histogram.buckets(); ++i) {
    cumulative += histogram.count_in(i);
    out.bucket.push_back({cumulative, histogram.bound(i)});
  }
  cumulative += histogram.count_in(histogram.buckets());
  out.bucket.push_back({cumulative, std::numeric_limits<double>::infinity()});
  out.sample_count = cumulative;
  out.sample_sum = histogram.sum();
  return out;
}

/// False where the series has no value now.
bool collect_value(const Series& series, prometheus::MetricType type,
                   prometheus::ClientMetric& out) {
  if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&series.source)) {
    out.histogram = collect_histogram(**histogram);
    return true;
  }
  double value = 0;
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&series.source)) {
    value = static_cast<double>((*counter)->value());
  } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&series.source)) {
    value = (*gauge)->value();
  } else {
    value = std::get<Callback>(series.source).value();
  }
  if (type == prometheus::MetricType::Counter) {
    out.counter.value = value;
  } else {
    out.gauge.value = value;
  }
  return !std::isnan(value);
}

}  // namespace

struct Metrics::Registry {
  mutable std::mutex mutex;
  std::map<std::string, Family> families;

  Family& family(const std::string& name, const std::string& help, prometheus::MetricType type) {
    ORDERLY_CHECK(name.starts_with("orderly_"), "the name of a metric starts with orderly_");
    const auto [found, added] = families.try_emplace(name, Family{help, type, {}});
    ORDERLY_CHECK(found->second.type == type, "a metric's name has one kind");
    return found->second;
  }

  /// The handle of these labels, made by `make` where there is none.
  template <class Handle, class Make>
  Handle& handle(const std::string& name, const std::string& help, prometheus::MetricType type,
                 const Labels& labels, Make make) {
    const std::lock_guard lock(mutex);
    auto& series = family(name, help, type).series;
    auto found = std::ranges::find(series, labels, &Series::labels);
    if (found == series.end()) found = series.insert(series.end(), {labels, Source(make())});
    auto* held = std::get_if<std::unique_ptr<Handle>>(&found->source);
    ORDERLY_CHECK(held != nullptr, "a series is a handle or a callback, not both");
    return **held;
  }
};

namespace {

template <class Registry>
Metrics::Registration add_callback(const std::shared_ptr<Registry>& registry,
                                   const std::string& name, const std::string& help,
                                   prometheus::MetricType type, const Labels& labels,
                                   std::function<double()> value) {
  const std::lock_guard lock(registry->mutex);
  auto& family = registry->family(name, help, type);
  const auto series =
      family.series.insert(family.series.end(), {labels, Source(Callback{std::move(value)})});
  return Metrics::Registration([registry, &family, series] {
    const std::lock_guard removal(registry->mutex);
    family.series.erase(series);
  });
}

}  // namespace

Histogram::Histogram(const std::vector<double>& bounds) : size_(bounds.size()) {
  ORDERLY_CHECK(size_ <= kMaxBuckets, "a histogram has at most kMaxBuckets");
  ORDERLY_CHECK(std::ranges::is_sorted(bounds), "the bounds of a histogram ascend");
  std::ranges::copy(bounds, bounds_.begin());
}

void Histogram::observe(double value) {
  std::size_t bucket = 0;
  while (bucket < size_ && value > bounds_[bucket])
    ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= size_; ++i)
    total += count_in(i);
  return total;
}

const std::vector<double>& latency_buckets() {
  static const std::vector<double> kBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                           0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                           1,      2.5,     5,      10,    30};
  return kBounds;
}

const std::vector<double>& size_buckets() {
  static const std::vector<double> kBounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
  return kBounds;
}

Metrics::Metrics() : registry_(std::make_shared<Registry>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return registry_->handle<Counter>(name, help, prometheus::MetricType::Counter, labels,
                                    [] { return std::make_unique<Counter>(); });
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return registry_->handle<Gauge>(name, help, prometheus::MetricType::Gauge, labels,
                                  [] { return std::make_unique<Gauge>(); });
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const Labels& labels) {
  return registry_->handle<Histogram>(name, help, prometheus::MetricType::Histogram, labels,
                                      [&] { return std::make_unique<Histogram>(bounds); });
}

Metrics::Registration Metrics::gauge_callback(const std::string& name, const std::string& help,
                                              const Labels& labels, std::function<double()> value) {
  return add_callback(registry_, name, help, prometheus::MetricType::Gauge, labels,
                      std::move(value));
}

Metrics::Registration Metrics::counter_callback(const std::string& name, const std::string& help,
                                                const Labels& labels,
                                                std::function<double()> value) {
  return add_callback(registry_, name, help, prometheus::MetricType::Counter, labels,
                      std::move(value));
}

std::string Metrics::expose() const {
  std::vector<prometheus::MetricFamily> collected;
  const std::lock_guard lock(registry_->mutex);
  for (const auto& [name, family] : registry_->families) {
    prometheus::MetricFamily out{name, family.help, family.type, {}};
    for (const auto& series : family.series) {
      prometheus::ClientMetric metric;
      for (const auto& [label, value] : series.labels)
        metric.label.push_back({label, value});
      if (collect_value(series, family.type, metric)) out.metric.push_back(std::move(metric));
    }
    if (!out.metric.empty()) collected.push_back(std::move(out));
  }
  return prometheus::TextSerializer().Serialize(collected);
}

}  // namespace orderly::telemetry
