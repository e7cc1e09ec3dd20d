#include "workers/container_gpus.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// As `nvidia-ctk cdi generate` lays it out: what all share before and beside the devices, keys in the alphabet's order.
const char* const two_gpus = R"(---
cdiVersion: 0.5.0
containerEdits:
  deviceNodes:
  - path: /dev/nvidiactl
  - path: /dev/nvidia-uvm
  hooks:
  - args:
    - nvidia-ctk
    - hook
    hookName: createContainer
    path: /usr/bin/nvidia-ctk
  mounts:
  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.525.85.12
    hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.525.85.12
    options:
    - ro
devices:
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia1
    - path: /dev/nvidiactl
    - path: /dev/dri/card1
  name: "0"
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
    - path: /dev/nvidia-caps/nvidia-cap12
  name: "1:0"
- containerEdits:
    deviceNodes:
    - hostPath: /run/driver/dev/nvidia0
      path: /dev/nvidia0
  name: gpu1
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
    - path: /dev/nvidia1
  name: all
kind: nvidia.com/gpu
)";

TEST(ContainerGpus, a_gpu_is_named_as_the_specification_does_whatever_the_order) {
  EXPECT_EQ(cdi_name(two_gpus, 1), "nvidia.com/gpu=0");
  EXPECT_EQ(cdi_name(two_gpus, 0), "nvidia.com/gpu=gpu1") << "neither a part of it nor all of them";
  EXPECT_EQ(cdi_name(two_gpus, 2), "");
}

TEST(ContainerGpus, other_styles_of_the_same) {
  EXPECT_EQ(cdi_name("kind: 'nvidia.com/gpu'\r\n"
                     "devices:\r\n"
                     "    - name: '7'\r\n"
                     "      containerEdits:\r\n"
                     "        deviceNodes:\r\n"
                     "            - path: \"/dev/nvidia10\"\r\n",
                     10),
            "nvidia.com/gpu=7");
  EXPECT_EQ(cdi_name("devices:\n- name: x\n  containerEdits:\n    deviceNodes:\n    - path: /dev/nvidia0\nkind: a.com/b",
                     0),
            "")
      << "another vendor's";
  for (const char* text : {"", "-", "- ", "- - - ", ":", "devices", "devices:\n-\n- :", "{\"devices\": []}"})
    EXPECT_EQ(cdi_name(text, 0), "") << text;
}

struct Specifications {
  const std::string folder = "/tmp/clary-cdi-" + random_alphanumeric(8);
  Specifications() { fs::create_directories(folder); }
  ~Specifications() { fs::remove_all(folder); }
};

TEST(ContainerGpus, where_one_has_no_name_all_are_given_by_their_nodes) {
  const Specifications made;
  std::ofstream(made.folder + "/nvidia.yaml") << two_gpus;
  const Words folders{"/no/such/folder", made.folder};
  EXPECT_EQ(gpu_devices({{1}, {"/dev/nvidia1", "/dev/nvidiactl"}, {}}, folders), (Words{"nvidia.com/gpu=0"}));
  EXPECT_EQ(gpu_devices({{0, 1}, {"/dev/nvidia0", "/dev/nvidia1"}, {}}, folders),
            (Words{"nvidia.com/gpu=gpu1", "nvidia.com/gpu=0"}));
  EXPECT_EQ(gpu_devices({{1, 2}, {"/x/nvidia1", "/x/nvidia2", "/x/nvidiactl"}, {}}, folders),
            (Words{"/x/nvidia1:/dev/nvidia1", "/x/nvidia2:/dev/nvidia2", "/x/nvidiactl:/dev/nvidiactl"}));
  EXPECT_EQ(gpu_devices({}, folders), Words{});
}

TEST(ContainerGpus, what_would_bring_the_drivers_libraries_is_told_to_hosts_with_gpus) {
  const Specifications made;
  EXPECT_TRUE(container_gpu_check(made.folder, {made.folder}).empty());
  std::ofstream(made.folder + "/nvidia0") << "";
  const auto lacks = container_gpu_check(made.folder, {made.folder});
  ASSERT_EQ(lacks.size(), 1u);
  EXPECT_NE(lacks[0].mend.find("nvidia-ctk cdi generate"), std::string::npos);
  std::ofstream(made.folder + "/nvidia.yaml") << two_gpus;
  EXPECT_TRUE(container_gpu_check(made.folder, {made.folder}).empty());
}

}  // namespace
}  // namespace clary::workers
