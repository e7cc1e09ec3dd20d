#include "services/sagemaker/job_host_metrics.hpp"

#include <algorithm>

#include "meta/data_points.hpp"

namespace clary::services::sagemaker {

namespace {

struct HostFigure {
  const char* name;
  double percent;
};

double percent_of(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

std::vector<HostFigure> figures_of(const jobs::HostUse& host, std::optional<double> cpus) {
  const workers::Usage& usage = host.usage;
  std::vector<HostFigure> figures{{"MemoryUtilization", percent_of(static_cast<double>(usage.memory), static_cast<double>(host.share.memory))},
                                  {"DiskUtilization", percent_of(static_cast<double>(usage.disk), static_cast<double>(host.disk))}};
  // As AWS has it: of four cores at most 400.
  if (cpus) figures.push_back({"CPUUtilization", 100 * *cpus});
  if (host.share.gpus > 0) figures.push_back({"GPUUtilization", usage.gpu_percent});
  return figures;
}

}  // namespace

Outcome<void> JobHostMetrics::store(Time now) {
  const std::vector<jobs::HostUse> hosts = look_();
  std::map<std::string, Before> looked;
  for (const jobs::HostUse& host : hosts) looked[host.worker] = {host.usage.cpu_seconds, now};
  std::swap(before_, looked);
  if (hosts.empty()) return {};
  return store_.write([&](meta::Session& session) -> Outcome<void> {
    for (const jobs::HostUse& host : hosts) {
      std::optional<double> cpus;
      if (auto known = looked.find(host.worker); known != looked.end() && known->second.time < now)
        cpus = std::max(host.usage.cpu_seconds - known->second.cpu_seconds, 0.0) / (now.seconds() - known->second.time.seconds());
      for (const HostFigure& figure : figures_of(host, cpus)) {
        const meta::Datum datum = meta::datum_of(now, figure.percent, "Percent");
        CHECK_OK(meta::put(session, host.scope, {host.log_group, figure.name, {{"Host", host.job + "/" + host.host}}}, {&datum, 1}));
      }
    }
    return {};
  });
}

}  // namespace clary::services::sagemaker
