// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/machine.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/train/machine/threads.hpp"
#include "pipeline/train/run/environment.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#include <torch/headeronly/version.h>
#include <torch/types.h>

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <hdf5.h>
#include <map>
#include <mpi.h>
#include <sys/statfs.h>
#include <thread>
#include <unistd.h>

namespace tacit::cli {
namespace {

constexpr double kGigabyte = 1e9;

void look_at_mpi(Diagnosis& diagnosis, const dist::Communicator& comm) {
    int running = 0;
    MPI_Initialized(&running);
    std::string level = "not started (no mpirun or srun)";
    if (running != 0) {
        int provided = MPI_THREAD_SINGLE;
        MPI_Query_thread(&provided);
        const std::map<int, std::string> names = {{MPI_THREAD_SINGLE, "single"},
                                                  {MPI_THREAD_FUNNELED, "funneled"},
                                                  {MPI_THREAD_SERIALIZED, "serialized"},
                                                  {MPI_THREAD_MULTIPLE, "multiple"}};
        level = "thread level " + names.at(provided);
    }
    diagnosis.findings.emplace_back("MPI", dist::mpi_library() + ", " + level);
    diagnosis.findings.emplace_back("ranks", comm.describe());
}

void look_at_hdf5(Diagnosis& diagnosis) {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    hbool_t safe = 0;
    H5is_library_threadsafe(&safe);
    diagnosis.findings.emplace_back(
        "HDF5", fmt::format("{}.{}.{}, {}", major, minor, release, safe ? "thread-safe" : "not thread-safe"));
    if (std::array{major, minor, release} < std::array{1U, 10U, 5U}) {
        diagnosis.problems.push_back("HDF5 is older than 1.10.5; install a newer one (apt install libhdf5-dev)");
    }
    if (!safe) {
        diagnosis.warnings.push_back(
            "HDF5 is not thread-safe; indexing is done by one thread only, so Tacit still works");
    }
}

void look_at_torch(Diagnosis& diagnosis) {
    diagnosis.findings.emplace_back("LibTorch",
                                    fmt::format("{}, CPU kernels {}", TORCH_VERSION, at::get_cpu_capability()));
    const bool device = std::filesystem::exists("/dev/nvidia0");
    std::string gpu = "none";
    if (torch::cuda::is_available()) {
        gpu = fmt::format("{} usable by this build", torch::cuda::device_count());
    } else if (device) {
        gpu = "one is there, but this build is for CPUs (preset `cuda` builds for GPUs)";
    }
    diagnosis.findings.emplace_back("GPU", gpu);
    if (device && !torch::cuda::is_available()) {
        diagnosis.warnings.push_back("a GPU is there and is not used");
    }
}

/// Kilobytes of a line of /proc/meminfo; 0 when it is not there.
double memory_bytes(const std::string& field) {
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(field + ":")) {
            return std::strtod(line.c_str() + field.size() + 1, nullptr) * 1024;
        }
    }
    return 0;
}

void look_at_host(Diagnosis& diagnosis, dist::Communicator& comm) {
    const int cores = train::cores_of_rank(comm);
    const unsigned all = std::thread::hardware_concurrency();
    diagnosis.findings.emplace_back("cores", fmt::format("{} on this host, {} rank{} here, {} thread{} a rank", all,
                                                         comm.local_size(), comm.local_size() == 1 ? "" : "s", cores,
                                                         cores == 1 ? "" : "s"));
    if (static_cast<unsigned>(comm.local_size()) > all) {
        diagnosis.warnings.push_back(
            fmt::format("{} ranks share {} cores; start at most one rank a core", comm.local_size(), all));
    }
    const double available = memory_bytes("MemAvailable");
    diagnosis.findings.emplace_back("memory", fmt::format("{:.1f} GB, {:.1f} GB available",
                                                          memory_bytes("MemTotal") / kGigabyte, available / kGigabyte));
    if (available > 0 && available < kGigabyte) {
        diagnosis.warnings.push_back("less than 1 GB of memory is available");
    }
}

std::string file_system_name(long type) {
    // linux/magic.h, and each file system's own source.
    const std::map<long, std::string> names = {
        {0xEF53, "ext4"},         {0x58465342, "XFS"},    {0x9123683E, "Btrfs"},   {0x01021994, "tmpfs"},
        {0x6969, "NFS"},          {0x0BD00BD0, "Lustre"}, {0x794C7630, "overlay"}, {0x2FC12FC1, "ZFS"},
        {0x47504653, "GPFS"},     {0x65735546, "FUSE"},   {0x00C36400, "Ceph"},    {0x19830326, "BeeGFS"},
        {0xFF534D42, "CIFS/SMB"}, {0xFE534D42, "SMB2"},   {0x01021997, "9p"},      {0xF2F52010, "F2FS"}};
    const auto found = names.find(type);
    return found == names.end() ? fmt::format("type {:#x}", type) : found->second;
}

void look_at_files(Diagnosis& diagnosis) {
    std::error_code ignored;
    const std::string folder = std::filesystem::current_path(ignored).string();
    struct statfs status {};
    if (folder.empty() || ::statfs(folder.c_str(), &status) != 0) {
        diagnosis.problems.push_back("the current folder cannot be read: " + errno_text() + "; change to another one");
        return;
    }
    const double free = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_bsize);
    diagnosis.findings.emplace_back(
        "files", fmt::format("{} on {}, {:.1f} GB free", folder, file_system_name(status.f_type), free / kGigabyte));
    if (free < kGigabyte) {
        diagnosis.warnings.push_back("less than 1 GB is free here; shards and checkpoints need room");
    }
    if (::access(folder.c_str(), W_OK) != 0) {
        diagnosis.problems.push_back("'" + folder + "' cannot be written (" + errno_text() +
                                     "); start Tacit where runs and shards may be written");
    }
}

} // namespace

Diagnosis diagnose(dist::Communicator& comm) {
    Diagnosis diagnosis;
    diagnosis.findings.emplace_back("Tacit", train::version_text());
    look_at_torch(diagnosis);
    look_at_mpi(diagnosis, comm);
    look_at_hdf5(diagnosis);
    look_at_host(diagnosis, comm);
    look_at_files(diagnosis);
    return diagnosis;
}

} // namespace tacit::cli
