// What this module counts, as /-/metrics shows it. One instance a process. Thread rule: any thread.
// Invariant: a gauge returns to where it was when the thing that it counts is over.
#pragma once

#include "base/metrics.hpp"

namespace clary::http {

struct Figures {
  metrics::Gauge connections{"clary_http_connections", "Open client connections."};
  metrics::Gauge in_flight{"clary_http_requests_in_flight", "Requests that have been read and not yet answered."};
  metrics::Gauge tunnels{"clary_http_tunnels", "Open CONNECT tunnels."};
  metrics::Gauge parked{"clary_http_parked", "Answers that wait without a thread."};
  metrics::Gauge pool_queue{"clary_http_pool_queue", "Requests that wait for a pool thread."};
  metrics::Counter requests{"clary_http_requests_total", "Requests answered."};
  metrics::Counter bytes_in{"clary_http_bytes_in_total", "Bytes received from clients."};
  metrics::Counter bytes_out{"clary_http_bytes_out_total", "Bytes sent to clients."};
  metrics::Counter overloaded{"clary_http_overloaded_total", "Requests turned away because the pool's queue was full."};
};

inline Figures& figures() {
  static Figures all;
  return all;
}

// Counts one thing on a gauge while it lives.
class Counted {
 public:
  explicit Counted(metrics::Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
  ~Counted() { gauge_.add(-1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  metrics::Gauge& gauge_;
};

}  // namespace clary::http
