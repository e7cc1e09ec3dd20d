#include "jobs/transform_host.hpp"

#include "base/bytes.hpp"
#include "jobs/failure_reason.hpp"
#include "jobs/job_machine.hpp"
#include "jobs/json_members.hpp"
#include "jobs/log.hpp"
#include "jobs/s3_uri.hpp"
#include "models/model_client.hpp"

namespace clary::jobs {

namespace {

using std::chrono::milliseconds;
constexpr std::chrono::seconds startup_timeout{600}, ping_timeout{5}, parameters_timeout{5};
constexpr milliseconds first_pause{5}, longest_pause{50};
constexpr std::size_t longest_said = 4096;  // of what the model says of its failure, in the data log
constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::uint64_t default_payload_mb = 6;
constexpr std::size_t files_in_capture = 1000;

Error ended() {
  return make_error(ErrorKind::timed_out, "the job was stopped");
}

transform::Split split_of(const std::string& type) {
  if (type == "Line") return transform::Split::line;
  if (type == "RecordIO") return transform::Split::recordio;
  return type == "TFRecord" ? transform::Split::tfrecord : transform::Split::none;
}

std::string per_second(const transform::FileReport& report) {
  const double seconds = std::max(0.001, static_cast<double>(report.took.count()) / 1000);
  return fmt::format("{:.0f}", static_cast<double>(report.records) / seconds);
}

}  // namespace

std::string TransformProgress::encode() const {
  return json::serialize(json::object{{"after", after},
                                      {"files", files},
                                      {"records", records},
                                      {"failed", failed},
                                      {"first_failure", first_failure}});
}

TransformProgress TransformProgress::decode(std::string_view text) {
  TransformProgress progress;
  boost::system::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code);
  if (code) return progress;
  const Members members(&value);
  members.read("after", progress.after);
  members.read("files", progress.files);
  members.read("records", progress.records);
  members.read("failed", progress.failed);
  members.read("first_failure", progress.first_failure);
  return progress;
}

TransformHost::TransformHost(objects::Objects& objects, const Clock& clock, const TransformSpec& spec, Job job, const Host& host,
                             unsigned server_workers, HostNotes notes)
    : objects_(objects),
      clock_(clock),
      spec_(spec),
      job_(std::move(job)),
      host_(host.name()),
      folder_(host.ml),
      server_workers_(server_workers),
      notes_(std::move(notes)),
      inputs_(objects, job_, spec_, host.index, host.names.size()),
      progress_(TransformProgress::decode(notes_.progress)),
      to_skip_(progress_.files) {}

TransformHost::~TransformHost() {
  given_up_ = true;
  if (thread_.joinable()) thread_.join();
}

void TransformHost::begin(std::function<void()> done) {
  thread_ = std::thread([this, done = std::move(done)] {
    decide(transform());
    done();
  });
}

void TransformHost::decide(Outcome<void> how) {
  std::lock_guard lock(mutex_);
  if (!verdict_) verdict_ = std::move(how);
}

void TransformHost::give_up(const std::optional<workers::Exit>& exit) {
  if (exit) {
    decide(exit->kind == workers::Exit::Kind::out_of_memory
               ? validation("The model server ran out of memory. Please use an instance type with more memory, or smaller payloads.")
               : aws_error(ErrorKind::validation, std::string(server_ended), "The model server ended before the job was done."));
  } else {
    decide(ended());
  }
  given_up_ = true;
}

std::optional<Outcome<void>> TransformHost::verdict() const {
  std::lock_guard lock(mutex_);
  return verdict_;
}

Outcome<void> TransformHost::finish(const std::function<bool()>&) {
  given_up_ = true;
  if (thread_.joinable()) thread_.join();
  return {};
}

Outcome<void> TransformHost::wait_for_server() {
  models::ModelClient client(folder_, mebibyte);
  models::ModelRequest ping;
  ping.method = "GET";
  ping.path = "/ping";
  const auto deadline = std::chrono::steady_clock::now() + startup_timeout;
  milliseconds pause = first_pause;
  while (!given_up_) {
    TRY(const auto answer, client.ask(ping, ping_timeout, [this] { return given_up_.load(); }));
    if (answer.good()) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return validation("AlgorithmError: The model server did not answer /ping within {} s. See job logs for more information.",
                        startup_timeout.count());
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 3 / 2 + milliseconds(1), longest_pause);
  }
  return ended();
}

// What the model server says of how it wants to be asked; most say nothing.
void TransformHost::ask_parameters(transform::Plan& plan, std::string& strategy) const {
  models::ModelClient client(folder_, mebibyte);
  models::ModelRequest request;
  request.method = "GET";
  request.path = "/execution-parameters";
  const auto answer = client.ask(request, parameters_timeout, [this] { return given_up_.load(); });
  if (!answer || !answer->good()) return;
  boost::system::error_code code;
  const json::value value = json::parse(answer->body, code);
  if (code) return;
  const Members members(&value);
  std::uint64_t concurrent = 0, payload = 0;
  if (members.read("MaxConcurrentTransforms", concurrent) && concurrent >= 1 && concurrent <= 1000)
    plan.concurrency = static_cast<unsigned>(concurrent);
  if (members.read("MaxPayloadInMB", payload) && payload <= 100) plan.payload = payload * mebibyte;
  members.read("BatchStrategy", strategy);
}

Outcome<transform::Plan> TransformHost::make_plan() {
  transform::Plan plan;
  TRY(plan.processing, processing_of(spec_, job_.created));
  plan.split = split_of(spec_.split_type);
  plan.line_assembly = spec_.assemble_with == "Line";
  plan.content_type = spec_.content_type;
  plan.accept = spec_.accept;
  plan.gzip = spec_.compression == "Gzip";
  plan.timeout = std::chrono::seconds(spec_.invocation_timeout_seconds);
  plan.retries = static_cast<int>(spec_.invocation_retries);
  plan.payload = default_payload_mb * mebibyte;
  plan.concurrency = server_workers_;
  std::string strategy = "MULTI_RECORD";
  ask_parameters(plan, strategy);
  if (!spec_.batch_strategy.empty()) strategy = spec_.batch_strategy;
  plan.single_record = strategy == "SingleRecord" || strategy == "SINGLE_RECORD";
  if (spec_.max_payload_mb) plan.payload = static_cast<std::uint64_t>(*spec_.max_payload_mb) * mebibyte;
  // What is streamed is not looked at.
  if (plan.payload == 0 && (plan.processing.cuts_input() || plan.processing.makes_output())) plan.payload = default_payload_mb * mebibyte;
  if (spec_.max_concurrent.value_or(0) > 0) plan.concurrency = static_cast<unsigned>(std::min<std::int64_t>(*spec_.max_concurrent, 1000));
  return plan;
}

Outcome<void> TransformHost::transform() {
  started_ = std::chrono::steady_clock::now();
  CHECK_OK(wait_for_server());
  TRY(const auto plan, make_plan());
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_);
  std::vector<std::string> lines{fmt::format("{}the model server answers after {} ms", own_line, took.count())};
  if (to_skip_ > 0) lines.push_back(fmt::format("{}{} files are done already; the job goes on behind {}", own_line, to_skip_, progress_.after));
  CHECK_OK(keep(lines, {data_line(fmt::format("MaxConcurrentTransforms={}, MaxPayloadInMB={}, BatchStrategy={}", plan.concurrency,
                                              plan.payload / mebibyte, plan.single_record ? "SINGLE_RECORD" : "MULTI_RECORD"))}));
  TRY(const S3Uri output, parse_s3_uri(spec_.output_path));
  transform::Desk desk;
  desk.next = [this] { return next_file(); };
  desk.finished = [this](const auto& file, const auto& report) { return file_done(file, report); };
  desk.failed = [this](const auto& file, const auto& error, const auto& answer) { return file_failed(file, error, answer); };
  desk.cancelled = [this] { return given_up_.load(); };
  CHECK_OK(transform::run(objects_, output.bucket, plan, folder_, desk));
  CHECK_OK(capture());
  const auto all = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  CHECK_OK(keep({fmt::format("{}{} files with {} records transformed in {:.1f} s, {} files failed", own_line, progress_.files - progress_.failed,
                             progress_.records, all, progress_.failed)},
                {}));
  if (progress_.failed == 0) return {};
  const std::string others = progress_.failed > 1 ? fmt::format(" {} more files failed.", progress_.failed - 1) : "";
  return validation("{}{} See job logs for more information.", progress_.first_failure, others);
}

Outcome<std::optional<transform::InputFile>> TransformHost::next_file() {
  const bool manifest = spec_.s3_data_type == "ManifestFile";
  while (true) {
    TRY(auto file, inputs_.next());
    if (!file || to_skip_ == 0) return file;
    // Keys come in order: what was added to a prefix meanwhile moves no other.
    if (!manifest && file->key > progress_.after) {
      to_skip_ = 0;
      return file;
    }
    if (manifest) --to_skip_;
    if (!spec_.capture_uri.empty() && objects_.stat(parse_s3_uri(spec_.output_path)->bucket, file->output_key)) CHECK_OK(note_capture(*file));
  }
}

Outcome<void> TransformHost::keep(const std::vector<std::string>& lines, const std::vector<std::string>& data_lines) {
  if (!notes_.keep(progress_.encode(), lines, data_lines)) return ended();
  return {};
}

std::string TransformHost::data_line(std::string_view text) const {
  std::string time = to_iso8601(clock_.now());
  if (time.ends_with('Z')) time.pop_back();
  return fmt::format("{}:[sagemaker logs]: {}", time, text);
}

Outcome<void> TransformHost::file_done(const transform::InputFile& file, const transform::FileReport& report) {
  ++progress_.files;
  progress_.records += report.records;
  progress_.after = file.key;
  std::string line = fmt::format("{}s3://{}: {} records, {} bytes, in {:.2f} s ({} records/s)", own_line, file.name(), report.records,
                                 report.input_bytes, static_cast<double>(report.took.count()) / 1000, per_second(report));
  if (report.empty_lines > 0) line += fmt::format("; {} empty lines were left out", report.empty_lines);
  if (!spec_.capture_uri.empty()) CHECK_OK(note_capture(file));
  return keep({line}, {});
}

Outcome<void> TransformHost::file_failed(const transform::InputFile& file, const Error& error, const std::string& answer) {
  ++progress_.files;
  progress_.after = file.key;
  const std::string what = fmt::format("s3://{}: {}.", file.name(), error.message);
  if (progress_.failed++ == 0) progress_.first_failure = shorten(what, 700);
  std::vector<std::string> data{data_line(fmt::format("{}: ClientError: {}", file.name(), error.message))};
  if (!answer.empty()) {
    data.push_back(data_line(fmt::format("{}: ", file.name())));
    data.push_back(data_line(fmt::format("{}: Message:", file.name())));
    data.push_back(data_line(fmt::format("{}: {}", file.name(), shorten(to_valid_utf8(answer), longest_said))));
  }
  return keep({std::string(own_line) + what}, data);
}

Outcome<void> TransformHost::note_capture(const transform::InputFile& file) {
  TRY(const S3Uri output, parse_s3_uri(spec_.output_path));
  const std::string prefix = join_key(output.key, "");
  captured_.push_back({S3Uri{file.bucket, file.key}.str().substr(inputs_.prefix().size()), file.output_key.substr(prefix.size())});
  if (captured_.size() < files_in_capture) return {};
  return capture();
}

// Two manifests, of the inputs and of their outputs, as a monitor reads them. Their names are the same whenever the job
// goes on behind a restart, which writes them anew.
Outcome<void> TransformHost::capture() {
  if (captured_.empty()) return {};
  TRY(const S3Uri to, parse_s3_uri(spec_.capture_uri));
  TRY(const S3Uri output, parse_s3_uri(spec_.output_path));
  json::array inputs{json::object{{"prefix", inputs_.prefix()}}};
  json::array outputs{json::object{{"prefix", S3Uri{output.bucket, join_key(output.key, "")}.str()}}};
  for (const auto& [input, made] : captured_) {
    inputs.emplace_back(input);
    outputs.emplace_back(made);
  }
  captured_.clear();
  const std::string time = to_basic_iso8601(job_.created);  // 20261124T203820Z
  const std::string folder = fmt::format("{}/{}/{}/{}", time.substr(0, 4), time.substr(4, 2), time.substr(6, 2), time.substr(9, 2));
  const std::string name = fmt::format("{}/{}-{}-{}.json", folder, job_.name, host_, ++captures_);
  for (const auto& [kind, manifest] : {std::pair{"input", &inputs}, std::pair{"output", &outputs}}) {
    objects::Object description;
    description.key = join_key(to.key, fmt::format("{}/{}", kind, name));
    description.headers["content-type"] = "application/json";
    TRY(auto writer, objects_.create(to.bucket, std::move(description)));
    CHECK_OK(writer->write(json::serialize(*manifest)));
    TRY(auto object, writer->commit());
  }
  return {};
}

}  // namespace clary::jobs
