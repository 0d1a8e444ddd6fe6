// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/environment.hpp"

#include "dist/communicator.hpp"
#include "dist/launch/launch_line.hpp"

#include "pipeline/base/json_text.hpp"
#include "tacit_commit.hpp"

#include <torch/headeronly/version.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <hdf5.h>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace tacit::train {

namespace {

#ifdef __clang__
constexpr const char* kCompiler = "Clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::string cpu_model() {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);) {
        if (line.starts_with("model name")) {
            if (const auto colon = line.find(": "); colon != std::string::npos) {
                return line.substr(colon + 2);
            }
        }
    }
    return "unknown";
}

std::string hdf5_version() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return fmt::format("{}.{}.{}", major, minor, release);
}

std::string slurm_job() {
    const char* job = std::getenv("SLURM_JOB_ID"); // NOLINT(concurrency-mt-unsafe)
    return job == nullptr ? "" : job;
}

} // namespace

std::string version_text() {
    return fmt::format("{} (commit {})", kTacitVersion, kTacitCommit);
}

std::vector<std::pair<std::string, std::string>> build_versions() {
    return {{"tacit", kTacitVersion},    {"commit", kTacitCommit},     {"compiler", kCompiler},
            {"libtorch", TORCH_VERSION}, {"mpi", dist::mpi_library()}, {"hdf5", hdf5_version()}};
}

std::string environment_json(const dist::Communicator& comm, int threads,
                             const std::vector<std::string>& command_line) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::error_code unknown; // the folder that the command was started in may be gone
    nlohmann::ordered_json json;
    for (const auto& [part, version] : build_versions()) {
        json[part] = version;
    }
    json.update(nlohmann::ordered_json{
        {"host", host_name()},
        {"cpu", cpu_model()},
        {"cores", std::thread::hardware_concurrency()},
        {"ranks", comm.size()},
        {"communicator", comm.describe()},
        {"threads_per_rank", threads},
        {"command", command_line},
        {"launch", dist::launch_line(command_line, comm.size())},
        {"directory", std::filesystem::current_path(unknown).string()},
        {"started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now)},
    });
    if (const std::string job = slurm_job(); !job.empty()) {
        json["slurm_job"] = job;
    }
    return json_text(json, 2) + "\n";
}

} // namespace tacit::train
