#include "jobs/failure_reason.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace clary::jobs {
namespace {

using Kind = workers::Exit::Kind;

TEST(FailureReason, TheFailureFileSpeaksFirst) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file =
      "ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ValueError: no\"\nCommand \"python train.py\"\n";
  facts.last_lines = {"something else"};
  EXPECT_EQ(failure_reason(facts),
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ValueError: no\"\nCommand \"python "
            "train.py\", "
            "exit code: 1");
}

TEST(FailureReason, WithoutAFileTheLastTraceback) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 3, 0};
  facts.last_lines = {"epoch 1", "Traceback (most recent call last):", "  File \"t.py\", line 1", "KeyError: 'x'"};
  EXPECT_EQ(failure_reason(facts),
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage \"Traceback (most recent call last):\n  "
            "File \"t.py\", "
            "line 1\nKeyError: 'x'\", exit code: 3");
}

TEST(FailureReason, ADriversFileIsCompletedFromTheLog) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file = "Execution failed: CalledProcessError(1, 'python train.py')";
  facts.last_lines = {"Traceback (most recent call last):", "RuntimeError: real cause"};
  auto reason = failure_reason(facts);
  EXPECT_NE(reason.find("CalledProcessError"), std::string::npos);
  EXPECT_NE(reason.find("real cause"), std::string::npos);
}

TEST(FailureReason, OfSdk3sDriverTheScriptsOwnError) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file =
      "Traceback (most recent call last):\n  File \"/opt/ml/input/data/sm_drivers/common/utils.py\", line 177, in "
      "execute_commands\n    raise subprocess.CalledProcessError(exitcode, commands)\n"
      "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1.\n";
  facts.last_lines = {
      "epoch 1",
      "Traceback (most recent call last):",
      "File \"train.py\", line 1, in <module>",
      "KeyError: 'x'",
      "Command failed with exit code 1. Traceback: Traceback (most recent call last):",
      "  File \"/opt/ml/input/data/sm_drivers/common/utils.py\", line 177, in execute_commands",
      "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1.",
      "++ handle_error",
      "An error occurred with exit code 1"};
  EXPECT_EQ(failure_reason(facts),
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"Traceback (most recent call last):\n"
            "File \"train.py\", line 1, in <module>\nKeyError: 'x'\", exit code: 1");
}

TEST(FailureReason, OfSdk3sShellScriptTheCommandsOwnError) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 2, 0};
  facts.failure_file =
      "Training Execution failed. For more details, see CloudWatch logs at "
      "'aws/sagemaker/TrainingJobs'.\nTrainingJob - digits\n";
  facts.last_lines = {"{\"a\": 1}",
                      "+ echo 'Executing command: ./run'",
                      "Executing command: ./run",
                      "+ eval ./run",
                      "++ ./run",
                      "run: no such table",
                      "++ handle_error",
                      "++ echo 'Training Execution failed. For more details",
                      "TrainingJob - digits'",
                      "An error occurred with exit code 2"};
  EXPECT_EQ(failure_reason(facts),
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 2\nErrorMessage \"run: no such table\", exit code: 2");
  facts.last_lines = {"+++ handle_error"};
  EXPECT_TRUE(failure_reason(facts).starts_with("AlgorithmError: Training Execution failed."));
}

TEST(FailureReason, OfSdk3sRequirementsPipsError) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file = "Training Execution failed. For more details, see CloudWatch logs";
  facts.last_lines = {
      "+ python3 /opt/ml/input/data/sm_drivers/scripts/install_requirements.py needs.txt",
      "ERROR: No matching distribution found for no-such-package==9.9",
      "Traceback (most recent call last):",
      "  File \"/opt/ml/input/data/sm_drivers/scripts/install_requirements.py\", line 201, in <module>",
      "subprocess.CalledProcessError: Command '['python3', '-m', 'pip']' returned non-zero exit status 1.",
      "++ handle_error"};
  EXPECT_EQ(failure_reason(facts),
            "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"ERROR: No matching distribution found "
            "for no-such-package==9.9\", exit code: 1");
}

TEST(FailureReason, OfTorchrunTheWorkersError) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file = "File \"/opt/ml/input/data/sm_drivers/common/utils.py\"\nsubprocess.CalledProcessError: Command";
  facts.last_lines = {
      "[rank0]: Traceback (most recent call last):",
      "[rank0]:   File \"train.py\", line 1, in <module>",
      "[rank0]: ValueError: rank 0 is unwell",
      "E1125 02:00:00.000000 7 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1)",
      "Traceback (most recent call last):",
      "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
      "train.py FAILED",
      "Command failed with exit code 1. Traceback: Traceback (most recent call last):"};
  auto reason = failure_reason(facts);
  EXPECT_NE(reason.find("ValueError: rank 0 is unwell\", exit code: 1"), std::string::npos) << reason;

  // Before PyTorch 1.9: its launcher's own traceback, and the lines stripped by the driver.
  facts.last_lines = {
      "Traceback (most recent call last):",
      "File \"train.py\", line 1, in <module>",
      "ValueError: rank 0 is unwell",
      "Traceback (most recent call last):",
      "File \"/usr/lib/python3.7/runpy.py\", line 193, in _run_module_as_main",
      "File \"/site-packages/torch/distributed/launch.py\", line 235, in <module>",
      "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1."};
  reason = failure_reason(facts);
  EXPECT_NE(reason.find("ValueError: rank 0 is unwell\", exit code: 1"), std::string::npos) << reason;
}

TEST(FailureReason, OfWorkersWhoseLinesMixWithTheLaunchersTheWorkersError) {
  const std::vector<std::string> first = {
      "Traceback (most recent call last):", "File \"train.py\", line 1, in <module>", "raise ValueError('no digits')",
      "ValueError: no digits"};
  const std::vector<std::string>& second = first;
  // It waits for the first alone.
  const std::vector<std::string> launcher = {
      "Traceback (most recent call last):",
      "File \"/usr/lib/python3.7/runpy.py\", line 193, in _run_module_as_main",
      "\"__main__\", mod_spec)",
      "File \"/usr/lib/python3.7/runpy.py\", line 85, in _run_code",
      "File \"/site-packages/torch/distributed/launch.py\", line 235, in <module>",
      "main()",
      "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1."};
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  facts.failure_file = "File \"/opt/ml/input/data/sm_drivers/common/utils.py\"\nsubprocess.CalledProcessError: Command";
  // Each way in which the second's lines come between the others.
  std::vector<bool> of_second(first.size() + launcher.size(), false);
  of_second.insert(of_second.end(), second.size(), true);
  do {
    facts.last_lines.clear();
    std::size_t mine = 0, others = 0;
    for (const bool is_second : of_second) {
      if (is_second) {
        facts.last_lines.push_back(second[mine++]);
      } else {
        facts.last_lines.push_back(others < first.size() ? first[others] : launcher[others - first.size()]);
        ++others;
      }
    }
    const std::string reason = failure_reason(facts);
    EXPECT_NE(reason.find("ValueError: no digits"), std::string::npos) << reason;
    EXPECT_EQ(reason.find("CalledProcessError"), std::string::npos) << reason;
  } while (std::next_permutation(of_second.begin(), of_second.end()));
}

TEST(FailureReason, AFileThatNamesItsKindIsTheScriptsOwnWord) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 3, 0};
  facts.failure_file = "ClientError: the label column is empty";
  facts.last_lines = {"epoch 1"};
  EXPECT_EQ(failure_reason(facts), "ClientError: the label column is empty, exit code: 3");
}

TEST(FailureReason, NeverOver1024CharactersNorBrokenUtf8) {
  FailureFacts facts;
  facts.exit = {Kind::exited, 1, 0};
  for (const std::string& text : {std::string(5000, 'x'),
                                  [] {
                                    std::string many;
                                    for (int i = 0; i < 3000; ++i) many += "é";
                                    return many;
                                  }(),
                                  std::string("\xff\xfe broken") + std::string(3000, '\xc3')}) {
    facts.failure_file = text;
    facts.last_lines = {};
    for (int form = 0; form < 2; ++form) {
      auto reason = failure_reason(facts);
      EXPECT_TRUE(is_valid_utf8(reason));
      std::size_t characters = 0;
      for (char c : reason) characters += (c & 0xC0) != 0x80;
      EXPECT_LE(characters, 1024u);
      EXPECT_TRUE(reason.ends_with(", exit code: 1"));
      facts.failure_file.clear();
      facts.last_lines = {text, text};
    }
  }
}

TEST(FailureReason, SignalsAndLimitsAreNamed) {
  FailureFacts facts;
  facts.exit = {Kind::signalled, 0, 11};
  EXPECT_NE(failure_reason(facts).find("SIGSEGV"), std::string::npos);
  EXPECT_TRUE(failure_reason(facts).ends_with("exit code: 139"));
  facts.exit = {Kind::out_of_memory, 0, 9};
  facts.limits.memory = 4ull << 30;
  facts.instance_type = "ml.m5.large";
  EXPECT_NE(failure_reason(facts).find("4.0 GiB of memory that ml.m5.large has"), std::string::npos);
  facts.exit = {Kind::out_of_disk, 0, 9};
  facts.volume_gb = 7;
  EXPECT_NE(failure_reason(facts).find("VolumeSizeInGB is 7"), std::string::npos);
  facts.exit = {Kind::lost, 0, 0};
  EXPECT_TRUE(failure_reason(facts).starts_with("InternalServerError:"));
}

TEST(FailureReason, OfTheServersOwnSteps) {
  EXPECT_EQ(failure_reason(validation("no such image")), "ClientError: no such image");
  EXPECT_EQ(failure_reason(internal("secret path /x")),
            "InternalServerError: We encountered an internal error. Please try again.");
  EXPECT_TRUE(
      failure_reason(make_error(ErrorKind::unavailable, "disk full")).starts_with("InternalServerError: disk full"));
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcdef", 5), "ab...");
  EXPECT_EQ(shorten("éééééé", 5), "éé...");
}

}  // namespace
}  // namespace clary::jobs
