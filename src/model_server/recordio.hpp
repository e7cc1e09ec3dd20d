// Rows of application/x-recordio-protobuf: framed records, each a protobuf message whose features hold a tensor named "values", dense or with
// keys. Read without protobuf. Owned by the request. Thread rule: one thread. Invariant: nothing beyond the body is read, whatever its lengths say.
#pragma once

#include "model_server/rows.hpp"

namespace clary::model_server {

class RecordioReader : public RowReader {
 public:
  RecordioReader(std::string_view body, ModelColumns model) : rest_(body), model_(model) {}
  Outcome<void> next(Rows& rows) override;

 private:
  struct Tensor {
    std::vector<double> values;
    std::vector<std::uint64_t> keys;
    bool has_shape = false;
    std::uint64_t width = 0;
  };
  Outcome<std::string_view> next_record();
  Outcome<std::optional<Tensor>> features_of(std::string_view record) const;
  static Outcome<Tensor> read_tensor(std::string_view message, std::uint64_t kind);
  Outcome<void> add(const Tensor& tensor, Rows& rows);

  std::string_view rest_;
  const ModelColumns model_;
  std::size_t record_ = 0;
  std::optional<bool> sparse_;  // as the first record is
  std::size_t columns_ = 0;
};

}  // namespace clary::model_server
