#include "transform/pipeline.hpp"

#include <limits>
#include <thread>

#include "io/gunzip.hpp"
#include "models/model_client.hpp"
#include "transform/batch.hpp"

namespace clary::transform {

namespace {

using std::chrono::milliseconds;
using models::ModelAnswer;
constexpr std::size_t longest_answer = 256 << 20;
constexpr std::size_t longest_record = 100 << 20;  // where MaxPayloadInMB is 0

Error given_up() {
  return make_error(ErrorKind::timed_out, "The transform job was ended.");
}

std::string records_text(const Batch& batch, Split split) {
  const char* one = split == Split::line ? "line" : "record";
  if (batch.first == batch.last) return fmt::format("{} {}", one, batch.first);
  return fmt::format("{}s {} to {}", one, batch.first, batch.last);
}

// An object's bytes, unpacked where they are packed.
class Source {
 public:
  static Outcome<std::unique_ptr<Source>> open(objects::Objects& objects, const InputFile& file, bool gzip) {
    auto reader = objects.open(file.bucket, file.key);
    if (!reader && reader.error().kind == ErrorKind::not_found)
      return validation("The object is not there any more ({}).", reader.error().code);
    if (!reader) return std::move(reader).error();
    return std::unique_ptr<Source>(new Source(*std::move(reader), gzip));
  }
  Outcome<std::size_t> read(char* data, std::size_t size) { return gunzip_ ? gunzip_->read(data, size) : raw(data, size); }
  std::uint64_t taken() const { return offset_; }
  // Bytes of the object that were not read yet.
  std::uint64_t left() const { return reader_->object().size - offset_; }

 private:
  Source(std::unique_ptr<objects::Reader> reader, bool gzip) : reader_(std::move(reader)) {
    if (gzip) gunzip_ = std::make_unique<io::GunzipStream>([this](char* data, std::size_t size) { return raw(data, size); });
  }
  Outcome<std::size_t> raw(char* data, std::size_t size) {
    TRY(const std::size_t got, reader_->read(offset_, data, size));
    offset_ += got;
    return got;
  }

  std::unique_ptr<objects::Reader> reader_;
  std::unique_ptr<io::GunzipStream> gunzip_;
  std::uint64_t offset_ = 0;
};

class Pipeline {
 public:
  Pipeline(objects::Objects& objects, const std::string& bucket, const Plan& plan, const std::string& folder,
           const Desk& desk)
      : objects_(objects), bucket_(bucket), plan_(plan), folder_(folder), desk_(desk), line_(plan.concurrency) {}

  Outcome<void> run();

 private:
  void read_all();
  Outcome<void> read_file(const std::shared_ptr<OpenFile>& file);
  Outcome<void> read_records(const std::shared_ptr<OpenFile>& file, Source& source);
  Outcome<void> take_record(Batch& batch, const Record& record);
  bool streams_files() const { return plan_.payload == 0 && (plan_.split == Split::none || !plan_.single_record); }
  void send_all();
  void send(models::ModelClient& client, Batch& batch);
  void stream_file(models::ModelClient& client, Batch& batch);
  void judge(Batch& batch, ModelAnswer answer) const;
  void write_all();
  Outcome<void> write(Batch& batch);
  Outcome<void> write_answer(Batch& batch);
  Outcome<void> end_file(Batch& batch);
  Outcome<void> give_up_file(Batch& batch);
  Outcome<void> open_output(OpenFile& file);
  void stop(Error error);
  bool over() const { return line_.closed() || desk_.cancelled(); }

  objects::Objects& objects_;
  const std::string& bucket_;
  const Plan& plan_;
  const std::string& folder_;
  const Desk& desk_;
  Line line_;
  std::mutex mutex_;
  std::optional<Error> error_;  // the first
};

void Pipeline::stop(Error error) {
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  line_.close();
}

Outcome<void> Pipeline::run() {
  std::vector<std::thread> threads;
  threads.emplace_back([this] { read_all(); });
  for (unsigned i = 0; i < plan_.concurrency; ++i) threads.emplace_back([this] { send_all(); });
  std::thread writer([this] { write_all(); });
  // What waits on the line is woken from here when the job is given up.
  std::mutex ended_mutex;
  std::condition_variable ended_change;
  bool ended = false;
  std::thread guard([&] {
    std::unique_lock lock(ended_mutex);
    while (!ended_change.wait_for(lock, milliseconds(50), [&] { return ended; })) {
      if (desk_.cancelled()) return stop(given_up());
    }
  });
  for (auto& thread : threads) thread.join();
  writer.join();
  {
    std::lock_guard lock(ended_mutex);
    ended = true;
  }
  ended_change.notify_all();
  guard.join();
  if (error_) return *std::move(error_);
  return {};
}

void Pipeline::read_all() {
  while (!over()) {
    auto next = desk_.next();
    if (!next) return stop(std::move(next).error());
    if (!*next) return line_.end();
    auto file = std::make_shared<OpenFile>();
    file->input = **std::move(next);
    file->started = std::chrono::steady_clock::now();
    auto read = read_file(file);
    auto end = std::make_shared<Batch>();
    end->kind = Batch::Kind::end;
    end->file = std::move(file);
    end->done = true;
    if (!read) end->error = std::move(read).error();
    if (!line_.add(std::move(end))) return;
  }
}

Outcome<void> Pipeline::read_file(const std::shared_ptr<OpenFile>& file) {
  if (streams_files()) {
    auto batch = std::make_shared<Batch>();
    batch->kind = Batch::Kind::stream;
    batch->file = file;
    line_.add(std::move(batch));
    return {};
  }
  TRY(auto source, Source::open(objects_, file->input, plan_.gzip));
  auto read = read_records(file, *source);
  file->report.input_bytes = source->taken();
  return read;
}

Outcome<void> Pipeline::take_record(Batch& batch, const Record& record) {
  if (!plan_.processing.cuts_input()) {
    // A record alone goes without its framing, but for the end of its line.
    const bool bare = plan_.single_record && (plan_.split == Split::recordio || plan_.split == Split::tfrecord);
    batch.payload.append(bare ? record.data : record.raw);
  }
  if (!plan_.processing.cuts_input() && !plan_.processing.makes_output()) return {};
  for (const auto row : plan_.processing.rows(record.data)) {
    if (plan_.processing.cuts_input()) CHECK_OK(plan_.processing.cut_input(row, batch.payload));
    if (!plan_.processing.makes_output()) continue;
    batch.rows.append(row);
    batch.row_ends.push_back(batch.rows.size());
  }
  return {};
}

Outcome<void> Pipeline::read_records(const std::shared_ptr<OpenFile>& file, Source& source) {
  const std::size_t most = plan_.payload == 0 ? longest_record : static_cast<std::size_t>(plan_.payload);
  RecordReader reader(plan_.split, [&source](char* data, std::size_t size) { return source.read(data, size); }, most);
  const char* unit = plan_.split == Split::line ? "line" : "record";
  auto located = [&](Error error) {
    if (error.kind == ErrorKind::validation && reader.number() > 0) error.message = fmt::format("{} {}: {}", unit, reader.number(), error.message);
    return error;
  };
  std::shared_ptr<Batch> batch;
  auto pass_on = [&] { return !batch || line_.add(std::exchange(batch, nullptr)); };
  // A payload that grows bit by bit leaves behind, in the allocator, twice what it takes.
  const bool whole_payloads = !plan_.single_record && plan_.payload > 0 && !plan_.processing.cuts_input();
  while (!over() && !file->failed) {
    auto record = reader.next();
    if (!record) return located(std::move(record).error());
    if (!*record) break;
    const std::size_t size = (*record)->raw.size();
    if (batch && (plan_.single_record || batch->payload.size() + size > most) && !pass_on()) return given_up();
    if (!batch) {
      batch = std::make_shared<Batch>();
      batch->file = file;
      batch->first = reader.number();
      if (whole_payloads) batch->payload.reserve(std::min<std::uint64_t>(most, plan_.gzip ? most : reader.held() + source.left()));
    }
    if (auto taken = take_record(*batch, **record); !taken) return located(std::move(taken).error());
    batch->last = reader.number();
    ++batch->records;
  }
  file->report.empty_lines = reader.empty_lines();
  if (!pass_on()) return given_up();
  return {};
}

void Pipeline::send_all() {
  // What is streamed is not held, however long it is.
  models::ModelClient client(folder_, streams_files() ? std::numeric_limits<std::size_t>::max() : longest_answer);
  while (auto batch = line_.take()) {
    if (!batch->file->failed) {
      if (batch->kind == Batch::Kind::stream) {
        stream_file(client, *batch);
      } else {
        send(client, *batch);
      }
      if (batch->error) batch->file->failed = true;
    }
    line_.done(*batch);
  }
}

// What an answer means for its records.
void Pipeline::judge(Batch& batch, ModelAnswer answer) const {
  batch.answer = std::move(answer.body);
  batch.answer_type = std::move(answer.content_type);
  if (answer.good()) return;
  const std::string where = batch.kind == Batch::Kind::stream ? "" : records_text(batch, plan_.split) + ": ";
  switch (answer.kind) {
    case ModelAnswer::Kind::answered:
      batch.error = validation("{}the model answered {}", where, answer.status);
      return;
    case ModelAnswer::Kind::unreachable:
      batch.error = validation("{}the connection to the model server ended without an answer", where);
      return;
    case ModelAnswer::Kind::broken: batch.error = validation("{}{}", where, answer.why); return;
    case ModelAnswer::Kind::timed_out:
      batch.error = validation("{}the model did not answer within {} s (InvocationsTimeoutInSeconds)", where, plan_.timeout.count());
      return;
    case ModelAnswer::Kind::cancelled: batch.error = given_up(); return;
  }
}

void Pipeline::send(models::ModelClient& client, Batch& batch) {
  models::ModelRequest request;
  request.content_type = plan_.content_type;
  request.accept = plan_.accept;
  request.body = batch.payload;
  auto cancelled = [this] { return over(); };
  for (int attempt = 0;; ++attempt) {
    auto answer = client.ask(request, plan_.timeout, cancelled);
    if (!answer) {
      batch.error = std::move(answer).error();
      return;
    }
    const bool refused = answer->kind == ModelAnswer::Kind::answered && answer->status / 100 == 4 && answer->status != 429;
    if (answer->good() || refused || attempt >= plan_.retries || over()) return judge(batch, *std::move(answer));
    line_.pause(milliseconds(200 << attempt));
  }
}

// Reads, sends and writes at once: nothing of the file is held, and so nothing can be sent again.
void Pipeline::stream_file(models::ModelClient& client, Batch& batch) {
  OpenFile& file = *batch.file;
  auto done = [&]() -> Outcome<void> {
    TRY(auto source, Source::open(objects_, file.input, plan_.gzip));
    CHECK_OK(open_output(file));
    char last = '\n';
    const io::ByteSource from = [&](char* data, std::size_t size) { return source->read(data, size); };
    const io::ByteSink to = [&](std::string_view piece) -> Outcome<void> {
      last = piece.back();
      file.report.output_bytes += piece.size();
      return file.output->write(piece);
    };
    models::ModelRequest request;
    request.content_type = plan_.content_type;
    request.accept = plan_.accept;
    request.stream = &from;
    request.sink = &to;
    TRY(auto answer, client.ask(request, plan_.timeout, [this] { return over(); }));
    judge(batch, std::move(answer));
    file.report.input_bytes = source->taken();
    file.report.records = 1;
    if (!batch.error && plan_.line_assembly && last != '\n') CHECK_OK(to("\n"));
    return {};
  }();
  if (!done) batch.error = std::move(done).error();
}

void Pipeline::write_all() {
  while (auto batch = line_.first_done()) {
    auto written = write(*batch);
    if (!written) return stop(std::move(written).error());
  }
}

Outcome<void> Pipeline::write(Batch& batch) {
  OpenFile& file = *batch.file;
  if (desk_.cancelled()) return given_up();
  if (batch.kind == Batch::Kind::end && !batch.error && !file.failed) return end_file(batch);
  if (!batch.error && !file.failed && batch.kind == Batch::Kind::payload) {
    auto written = write_answer(batch);
    if (!written) batch.error = std::move(written).error();
  }
  if (batch.error) return give_up_file(batch);
  return {};
}

Outcome<void> Pipeline::open_output(OpenFile& file) {
  if (file.output) return {};
  objects::Object description;
  description.key = file.input.output_key;
  if (!plan_.accept.empty()) description.headers["content-type"] = plan_.accept;
  TRY(file.output, objects_.create(bucket_, std::move(description)));
  return {};
}

Outcome<void> Pipeline::write_answer(Batch& batch) {
  OpenFile& file = *batch.file;
  CHECK_OK(open_output(file));
  std::string made;
  std::string_view output = batch.answer;
  if (plan_.processing.makes_output()) {
    std::vector<std::string_view> rows;
    std::size_t start = 0, failed = 0;
    for (const std::size_t end : batch.row_ends) {
      rows.push_back(std::string_view(batch.rows).substr(start, end - start));
      start = end;
    }
    auto done = plan_.processing.make_output(rows, batch.answer, made, failed);
    if (!done) {
      Error error = std::move(done).error();
      const bool one = failed < rows.size() && rows.size() == batch.records && batch.last - batch.first + 1 == batch.records;
      if (one) batch.first = batch.last = batch.first + failed;
      error.message = fmt::format("{}: {}", records_text(batch, plan_.split), error.message);
      return error;
    }
    if (!plan_.line_assembly && plan_.split == Split::none && made.ends_with('\n') && rows.size() == 1) made.pop_back();
    output = made;
  } else if (plan_.split == Split::line && plan_.line_assembly && format_of(batch.answer_type) == Format::csv &&
             rows_of(batch.answer).size() < batch.records && !predictions_of(Format::csv, batch.answer, batch.records)) {
    return validation("{}: the model gave {} rows for {} records", records_text(batch, plan_.split), rows_of(batch.answer).size(), batch.records);
  }
  CHECK_OK(file.output->write(output));
  file.report.output_bytes += output.size();
  if (plan_.line_assembly && !output.ends_with('\n')) {
    CHECK_OK(file.output->write("\n"));
    ++file.report.output_bytes;
  }
  file.report.records += batch.records;
  return {};
}

Outcome<void> Pipeline::end_file(Batch& batch) {
  OpenFile& file = *batch.file;
  CHECK_OK(open_output(file));  // of an empty file
  TRY(auto object, file.output->commit());
  file.output.reset();
  file.report.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - file.started);
  return desk_.finished(file.input, file.report);
}

Outcome<void> Pipeline::give_up_file(Batch& batch) {
  OpenFile& file = *batch.file;
  file.failed = true;
  file.output.reset();
  Error error = *std::move(batch.error);
  batch.error.reset();
  // Not the file's fault: the whole job ends.
  if (error.kind == ErrorKind::timed_out || error.kind == ErrorKind::internal || error.kind == ErrorKind::unavailable) return error;
  if (std::exchange(file.told, true)) return {};
  return desk_.failed(file.input, error, batch.answer);
}

}  // namespace

Outcome<void> run(objects::Objects& objects, const std::string& output_bucket, const Plan& plan,
                  const std::string& folder, const Desk& desk) {
  return Pipeline(objects, output_bucket, plan, folder, desk).run();
}

}  // namespace clary::transform
