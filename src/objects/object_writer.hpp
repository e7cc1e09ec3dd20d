// An object on its way in. A plain object of one thread; must not outlive its store.
// Invariant: nothing of it is seen, and nothing stays, unless commit() gave the object.
#pragma once

#include "objects/intake.hpp"
#include "objects/local_objects.hpp"

namespace clary::objects {

class ObjectWriter final : public CheckedWriter {
 public:
  ObjectWriter(LocalObjects& objects, std::string bucket, Object description, Expected expected, Condition condition,
               Algorithm algorithm);
  Outcome<void> write(std::string_view data) override { return intake_.write(data); }
  void expect_checksum(std::string base64) override { object_.checksum = std::move(base64); }
  Outcome<Object> commit() override;

 private:
  LocalObjects& objects_;
  std::string bucket_;
  Object object_;
  Expected expected_;
  Condition condition_;
  Algorithm algorithm_;
  Intake intake_;
};

}  // namespace clary::objects
