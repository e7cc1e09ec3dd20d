// The files of a transform job, in the order of the list: all below a prefix, or those that a manifest names; of several
// hosts each gets every n-th. Owned by a host's companion. Thread rule: one thread; it blocks. Invariant: the same list
// gives the same files to the same host, whenever it is asked again; a page of it is held, or the manifest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/transform_job.hpp"
#include "objects/objects.hpp"
#include "transform/pipeline.hpp"

namespace clary::jobs {

class TransformInputs {
 public:
  TransformInputs(objects::Objects& objects, const Job& job, const TransformSpec& spec, std::size_t host, std::size_t hosts);

  Outcome<std::optional<transform::InputFile>> next();
  // Where keys begin that the outputs' keys end with: s3://bucket/prefix/, as data capture names it.
  const std::string& prefix() const { return prefix_; }

 private:
  Outcome<void> open();
  Outcome<bool> next_page();
  Outcome<void> read_manifest();
  bool is_output(const objects::Object& object) const;

  objects::Objects& objects_;
  const Scope scope_;
  const Time created_;
  const TransformSpec& spec_;
  const std::size_t host_, hosts_;
  std::string bucket_, key_, output_bucket_, output_key_, prefix_;
  bool opened_ = false, more_ = true;
  std::string after_;
  struct Entry {
    std::string key, path;
  };
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
  std::uint64_t counted_ = 0;
};

}  // namespace clary::jobs
