#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderly::telemetry {

/// Only ever grows. Any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double change) { value_.fetch_add(change, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Counts values into fixed buckets. Any thread; a scrape may see a value's bucket before its sum.
class Histogram {
 public:
  static constexpr std::size_t kMaxBuckets = 20;

  /// `bounds`: upper bounds, ascending, at most kMaxBuckets; one more bucket takes the rest.
  explicit Histogram(const std::vector<double>& bounds);

  void observe(double value);
  /// In seconds, the unit of every duration in Prometheus.
  void observe(std::chrono::nanoseconds duration) {
    observe(static_cast<double>(duration.count()) * 1e-9);
  }

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t buckets() const { return size_; }
  [[nodiscard]] double bound(std::size_t bucket) const { return bounds_[bucket]; }
  /// Values within the bucket alone; bucket buckets() is the rest.
  [[nodiscard]] std::uint64_t count_in(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }

 private:
  std::size_t size_;
  std::array<double, kMaxBuckets> bounds_{};
  std::array<std::atomic<std::uint64_t>, kMaxBuckets + 1> counts_{};
  std::atomic<double> sum_{0};
};

/// Bounds for requests and commits: 100 µs … 30 s.
const std::vector<double>& latency_buckets();
/// Bounds for batches: 1, 2, 4 … 4096.
const std::vector<double>& size_buckets();

using Labels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of a process, as Prometheus reads them. Names start with `orderly_` and follow
/// Prometheus' naming (`_total` for counters, base units). Every member may be called from any
/// thread. Handles live as long as the registry; the same name and labels give the same handle, so
/// look them up once, not on the hot path. A name has one kind and one help text.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       const std::vector<double>& bounds = latency_buckets(),
                       const Labels& labels = {});

  /// Takes a callback out again when it goes, and waits for a scrape that is using it.
  class [[nodiscard]] Registration {
   public:
    Registration() = default;
    explicit Registration(std::function<void()> remove) : remove_(std::move(remove)) {}
    Registration(Registration&& other) noexcept : remove_(std::exchange(other.remove_, {})) {}
    Registration& operator=(Registration&& other) noexcept {
      if (remove_) remove_();
      remove_ = std::exchange(other.remove_, {});
      return *this;
    }
    ~Registration() {
      if (remove_) remove_();
    }

   private:
    std::function<void()> remove_;
  };

  /// A gauge or counter that is asked for its value at every scrape, on the scraping thread; it
  /// must be quick. NaN: there is no value now, the line is left out. Does not call back into the
  /// registry.
  Registration gauge_callback(const std::string& name, const std::string& help,
                              const Labels& labels, std::function<double()> value);
  Registration counter_callback(const std::string& name, const std::string& help,
                                const Labels& labels, std::function<double()> value);

  /// Prometheus text format 0.0.4.
  [[nodiscard]] std::string expose() const;

 private:
  struct Registry;
  std::shared_ptr<Registry> registry_;
};

}  // namespace orderly::telemetry
