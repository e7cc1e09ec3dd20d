// What process trees and folders use of the host, sampled from /proc and the file system, where there are no cgroups to
// ask. Thread rule: pure reads, any thread. Invariant: a process or file that goes away meanwhile counts as nothing.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace clary::workers {

struct ProcessSample {
  pid_t pid = 0, parent = 0;
  double cpu_seconds = 0;      // its own and its ended children's
  std::uint64_t resident = 0;  // bytes
};

// All processes of the host, by their parents.
using ProcessTable = std::unordered_map<pid_t, std::vector<ProcessSample>>;
ProcessTable scan_processes();

// `root` and all below it.
std::vector<ProcessSample> tree_of(const ProcessTable& table, const ProcessSample& root);
// Memory that only these processes hold: their share of anonymous and shared memory and swap (not of mapped files,
// which the kernel can drop), and what stands in their /dev/shm.
std::uint64_t held_memory(const std::vector<ProcessSample>& tree);
std::uint64_t shared_memory_files(const std::vector<ProcessSample>& tree);

// Bytes of the disk below the folders, each on its own file system; follows no links. Everything counts 4096 at least, so
// that a limit bounds the number of files too. What is nested too deep to be looked at is `uncountable`.
inline constexpr std::uint64_t uncountable = 1ULL << 62;
std::uint64_t disk_use(const std::vector<std::string>& folders);
std::uint64_t file_use(const std::string& path);
// Bytes of files on the folder's file system that have no name any more but are held open.
std::uint64_t unnamed_files(const std::vector<ProcessSample>& tree, const std::string& folder);

}  // namespace clary::workers
