#include "jobs/failure_reason.hpp"

#include <algorithm>
#include <optional>

#include "base/bytes.hpp"

namespace clary::jobs {

namespace {

constexpr std::size_t longest = 1024;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The end of `text` in whole characters.
std::string_view last_characters(std::string_view text, std::size_t limit) {
  std::size_t at = text.size();
  while (at > 0 && limit > 0) {
    --at;
    if ((text[at] & 0xC0) != 0x80) --limit;
  }
  return text.substr(at);
}

std::string trimmed(std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return "";
  auto start = text.find_first_not_of(" \t\r\n");
  return std::string(text.substr(start, end - start + 1));
}

// torchrun marks its workers' lines by their rank: "[rank0]: ".
std::string_view without_rank(std::string_view line) {
  const auto end = line.starts_with("[rank") ? line.find("]: ") : std::string_view::npos;
  return end == std::string_view::npos ? line : line.substr(end + 3);
}

bool begins_traceback(std::string_view line) {
  return without_rank(line).starts_with("Traceback (most recent call last)");
}

// What a traceback ends with: "ValueError: no rows", "KeyboardInterrupt".
bool names_exception(std::string_view line) {
  line = without_rank(line);
  const std::string_view name = line.substr(0, line.find(':'));
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
                              std::string_view::npos;
}

// What the script said last: from its last traceback on where there is one, for that is the error; from the last whole
// one where several processes were cut off in theirs.
std::string last_words(const std::vector<std::string>& lines) {
  std::size_t from = lines.size() > 10 ? lines.size() - 10 : 0;
  bool any = false, named = false;
  for (std::size_t i = lines.size(); i-- > 0;) {
    named = named || names_exception(lines[i]);
    if (!begins_traceback(lines[i])) continue;
    if (named || !any) from = i;
    if (named) break;
    any = true;
  }
  std::string words;
  for (std::size_t i = from; i < lines.size(); ++i) words += (words.empty() ? "" : "\n") + lines[i];
  return trimmed(words);
}

// Whether a failure file is that of SDK 3's drivers, which tell that a command failed and not why.
bool is_drivers(std::string_view said) {
  return said.starts_with("Training Execution failed.") || (said.find("/sm_drivers/") != std::string_view::npos &&
                                                            said.find("CalledProcessError") != std::string_view::npos);
}

bool is_torchruns_own(std::string_view line) {
  return line.find("ChildFailedError") != std::string_view::npos ||
         line.find("torch/distributed/elastic/") != std::string_view::npos ||
         line.find("torch/distributed/launch.py\", line") != std::string_view::npos;
}

bool is_frame_of_a_module(std::string_view line) {
  return line.find("in _run_module_as_main") != std::string_view::npos;
}

// Where the words of torchrun, or of the launcher before it, begin; where a frame of theirs is the first, with the
// traceback that it is in: a worker that still runs may write its own in between.
std::vector<std::string>::iterator find_torchruns_own(std::vector<std::string>& lines) {
  auto found = std::find_if(lines.begin(), lines.end(), is_torchruns_own);
  if (found == lines.end() || found->find("File \"") == std::string::npos) return found;
  auto first = std::find_if(std::make_reverse_iterator(found), lines.rend(), is_frame_of_a_module);
  if (first == lines.rend()) first = std::make_reverse_iterator(found);
  auto before = std::find_if(first, lines.rend(), begins_traceback);
  return before == lines.rend() ? found : std::prev(before.base());
}

// A line of `set -x`, with the command that it traces.
std::optional<std::string_view> traced(std::string_view line) {
  auto at = line.find_first_not_of('+');
  if (at == 0 || at == std::string_view::npos || line[at] != ' ') return std::nullopt;
  return line.substr(at + 1);
}

bool ends_the_scripts_lines(const std::string& line) {
  return line.starts_with("Command failed with exit code ") || traced(line) == "handle_error" ||
         line.find("/sm_drivers/scripts/install_requirements.py\", line") != std::string::npos;
}

// The script's own lines, or pip's, among those of SDK 3's drivers, of their shell and of torchrun, which come before
// its first and after its last.
std::vector<std::string> without_drivers(std::vector<std::string> lines) {
  lines.erase(std::find_if(lines.begin(), lines.end(), ends_the_scripts_lines), lines.end());
  auto torchrun = find_torchruns_own(lines);
  if (torchrun != lines.begin()) lines.erase(torchrun, lines.end());
  auto first = std::find_if(lines.rbegin(), lines.rend(),
                            [](const std::string& line) { return line.starts_with("Executing command: "); });
  lines.erase(lines.begin(), first.base());
  std::erase_if(lines, [](const std::string& line) { return traced(line).has_value(); });
  if (!lines.empty() && begins_traceback(lines.back())) lines.pop_back();
  return lines;
}

std::string quoted_end(std::string_view words, std::size_t room) {
  if (characters(words) <= room) return std::string(words);
  return "..." + std::string(last_characters(words, room > 3 ? room - 3 : 0));
}

std::string gibibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1ull << 30));
}

std::string signal_name(int number) {
  switch (number) {
    case 6: return "SIGABRT";
    case 9: return "SIGKILL";
    case 11: return "SIGSEGV";
    case 15: return "SIGTERM";
    default: return fmt::format("signal {}", number);
  }
}

std::string script_failed(const FailureFacts& facts, int code, const std::string& how) {
  const std::string tail = fmt::format(", exit code: {}", code);
  std::string said = trimmed(to_valid_utf8(facts.failure_file));
  const bool drivers = is_drivers(said);
  const std::string words = to_valid_utf8(last_words(drivers ? without_drivers(facts.last_lines) : facts.last_lines));
  if (drivers && !words.empty()) said.clear();
  if (!said.empty()) {
    const bool complete = said.starts_with("ClientError") || said.starts_with("AlgorithmError");
    std::string reason = complete ? said : "AlgorithmError: " + said;
    // Some drivers write only which command failed; the script's own error is in its output.
    const auto room = characters(reason) + characters(tail) + 40;
    if (!complete && said.find("ErrorMessage") == std::string::npos && said.find("Error") != std::string::npos &&
        room < longest && !words.empty() && words.find(said) == std::string::npos) {
      reason += "\nErrorMessage \"" + quoted_end(words, longest - room) + "\"";
    }
    return shorten(reason, longest - characters(tail)) + tail;
  }
  std::string head = fmt::format("AlgorithmError: ExecuteUserScriptError:\nExitCode {}\nErrorMessage \"", code);
  std::string foot = (how.empty() ? "\"" : "\"\n" + how) + tail;
  return head + quoted_end(words, longest - characters(head) - characters(foot)) + foot;
}

}  // namespace

std::string shorten(std::string_view text, std::size_t limit) {
  if (characters(text) <= limit) return std::string(text);
  std::size_t keep = limit > 3 ? limit - 3 : 0, at = 0;
  while (at < text.size()) {
    if ((text[at] & 0xC0) != 0x80 && keep-- == 0) break;
    ++at;
  }
  return std::string(text.substr(0, at)) + "...";
}

std::string failure_reason(const FailureFacts& facts) {
  using Kind = workers::Exit::Kind;
  switch (facts.exit.kind) {
    case Kind::out_of_memory:
      return fmt::format(
          "ClientError: Please use an instance type with more memory, or reduce the size of training data processed on "
          "an instance. The job used all of the {} of memory that {} has here., exit code: 137",
          gibibytes(facts.limits.memory), facts.instance_type);
    case Kind::out_of_disk:
      return fmt::format(
          "ClientError: The job used all of its disk space. Please ask for a larger volume (VolumeSizeInGB is {}), or "
          "write less to /opt/ml, /tmp and the output., exit code: 137",
          facts.volume_gb);
    case Kind::lost:
      return "InternalServerError: We encountered an internal error. Please try again. How the job's process ended is "
             "not known: the server or its host went down meanwhile.";
    case Kind::signalled:
      return script_failed(facts, 128 + facts.exit.signal,
                           "The process was killed by " + signal_name(facts.exit.signal));
    case Kind::exited: break;
  }
  return script_failed(facts, facts.exit.code, "");
}

std::string failure_reason(const Error& error) {
  const bool ours = error.kind == ErrorKind::internal || error.kind == ErrorKind::unavailable;
  const std::string message = ours && error.kind == ErrorKind::internal
                                  ? "We encountered an internal error. Please try again."
                                  : to_valid_utf8(error.message);
  if (message.starts_with("ClientError:") || message.starts_with("AlgorithmError:") ||
      message.starts_with("InternalServerError:"))
    return shorten(message, longest);
  return shorten((ours ? "InternalServerError: " : "ClientError: ") + message, longest);
}

}  // namespace clary::jobs
