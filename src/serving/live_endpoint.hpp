// One endpoint under control: makes its replicas, rolls new deployments out blue/green, tears it down. One coroutine
// drives it. Owned by the table of live endpoints and by that coroutine. Thread rule: control thread. Invariant: a
// status is stored before it is acted upon further; what the record says that it serves is published before it says so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "serving/control_loop.hpp"
#include "serving/endpoint_record.hpp"
#include "serving/replica.hpp"
#include "serving/table.hpp"

namespace clary::serving {

class LiveEndpoint : public std::enable_shared_from_this<LiveEndpoint> {
 public:
  struct Home {  // what it lives in; outlives it
    ControlLoop& loop;
    const ServingParts& parts;
    Publisher& publisher;
    std::function<void(std::int64_t)> settled;  // its status is no longer a changing one, or it is gone
    std::function<void(std::int64_t)> gone;
  };
  LiveEndpoint(Home home, EndpointRecord endpoint, std::vector<ReplicaRow> rows);
  Task<> run();
  // The record was changed by a call.
  void look_again(EndpointRecord endpoint);

 private:
  using Replicas = std::vector<std::shared_ptr<Replica>>;
  struct Group {  // the replicas of a deployment; none: of no deployment
    Deployment deployment;
    Replicas replicas;
  };
  Task<> roll_out();
  Task<> take_over();
  Task<> give_up(std::string reason);
  Task<> tear_down();
  Task<> ended(std::int64_t generation);  // its replicas are gone
  // Changes the record; false when `change` did not want to any more. Waits out a store that cannot write.
  Task<bool> commit(std::function<bool(EndpointRecord&)> change);
  Replicas make_replicas(const Deployment& deployment, bool keeps_going);
  void retire(Group& group);
  void replica_changed();
  void clear_retired();
  void publish();
  bool deleting() const { return endpoint_.record.status == "Deleting"; }
  std::string folder_of(std::int64_t generation) const;

  Home home_;
  EndpointRecord endpoint_;
  std::vector<ReplicaRow> rows_;  // of an earlier server
  std::shared_ptr<Signal> signal_;
  Group serving_, incoming_;
  std::vector<Group> retiring_;
  std::map<std::string, std::shared_ptr<VariantCounters>> counters_;
};

std::string generation_folder(const ServingParts& parts, std::int64_t endpoint, std::int64_t generation);

}  // namespace clary::serving
