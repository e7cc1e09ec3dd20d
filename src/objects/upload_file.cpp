#include "objects/upload_file.hpp"

#include <cerrno>
#include <unistd.h>

#include "objects/errors.hpp"

namespace clary::objects {

namespace {
// A part whose size is not a multiple of this is taken for a last one when it comes first, and does not set the places.
constexpr std::uint64_t whole_part_unit = 64 * 1024;
constexpr std::uint64_t largest_object = 5ULL << 40;
}  // namespace

UploadFile::UploadFile(Blobs& blobs, std::string blob, const std::vector<upload_index::PartRow>& acknowledged)
    : blobs_(blobs), blob_(std::move(blob)) {
  for (const auto& row : acknowledged) {
    if (row.blob != blob_) continue;
    taken_.insert(row.part.number);
    if (row.part.number > 1) {
      stride_ = row.place / static_cast<std::uint64_t>(row.part.number - 1);
    } else if (stride_ == 0) {
      stride_ = row.part.size;
    }
  }
}

std::optional<std::uint64_t> UploadFile::place_of(int number, std::uint64_t length) {
  if (taken_.contains(number) || length == 0) return std::nullopt;
  if (stride_ == 0) {
    if (number > 1 && length % whole_part_unit != 0) return std::nullopt;
    stride_ = length;
  }
  if (length > stride_ || (number == 1 && length != stride_)) return std::nullopt;
  const std::uint64_t index = static_cast<std::uint64_t>(number - 1);
  if (index > (largest_object - length) / stride_) return std::nullopt;
  return index * stride_;
}

Outcome<std::optional<SharedPlace>> UploadFile::claim(int number, std::optional<std::uint64_t> length,
                                                      const std::shared_ptr<UploadFile>& self) {
  std::optional<SharedPlace> place;
  if (!length) return place;
  std::lock_guard open(gate_);
  if (closed_) return place;
  std::lock_guard lock(mutex_);
  auto offset = place_of(number, *length);
  if (!offset) return place;
  if (!file_) {
    TRY(io::File file, blobs_.create(blob_));
    file_ = std::make_shared<io::File>(std::move(file));
  }
  taken_.insert(number);
  place = SharedPlace{blob_, file_, *offset, [self](std::string_view data, std::uint64_t at) -> Outcome<void> {
                        return self->write(data, at);
                      }};
  return place;
}

void UploadFile::give_up(int number) {
  std::lock_guard lock(mutex_);
  taken_.erase(number);
}

void UploadFile::close() {
  std::lock_guard lock(gate_);
  closed_ = true;
}

void UploadFile::reopen() {
  std::lock_guard lock(gate_);
  closed_ = false;
}

Outcome<void> UploadFile::write(std::string_view data, std::uint64_t offset) {
  std::lock_guard open(gate_);
  if (closed_) return no_such_upload("");
  return write_at(*file_, data, offset);
}

}  // namespace clary::objects
