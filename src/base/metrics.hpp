// The server's own figures, as `/-/metrics` shows them in Prometheus' text format.
// A metric registers itself when it is made and lives as long as the process (make it a namespace-scope or static object).
// Thread rule: any thread; counting takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace clary::metrics {

class Metric {
 public:
  Metric(std::string name, std::string help);
  virtual ~Metric() = default;
  virtual std::string text() const = 0;

 protected:
  std::string name_, help_;
};

class Counter : public Metric {
 public:
  using Metric::Metric;
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  std::string text() const override;

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge : public Metric {
 public:
  using Metric::Metric;
  void add(std::int64_t delta) { value_.fetch_add(delta, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }
  std::string text() const override;

 private:
  std::atomic<std::int64_t> value_{0};
};

// Latencies in seconds, in buckets from 100 us to 60 s.
class Histogram : public Metric {
 public:
  using Metric::Metric;
  void observe(double seconds);
  std::string text() const override;
  static constexpr std::array<double, 12> bounds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60};

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> micros_{0};
};

// Every metric's text, in the order of their names.
std::string exposition();

}  // namespace clary::metrics
