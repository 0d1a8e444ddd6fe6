// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/mpi_check.hpp"
#include "dist/communicator.hpp"
#include "dist/launch/launcher.hpp"
#include "dist/library_reasons.hpp"
#include "dist/watch/join_watch.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>

namespace tacit::dist {

namespace {

const char* meaning_of(int kind) {
    switch (kind) {
    case MPI_ERR_NO_MEM:
        return "out of memory; use fewer ranks on this host";
    case MPI_ERR_TRUNCATE:
    case MPI_ERR_COUNT:
    case MPI_ERR_TYPE:
        return "ranks sent data of different sizes; start all with one program and one config";
    case MPI_ERR_OTHER:
    case MPI_ERR_INTERN:
    case MPI_ERR_UNKNOWN:
    case MPI_ERR_PENDING:
        return "MPI failed, perhaps because another rank ended; see what the other ranks say";
    default:
        return "MPI refused it; please report it with the command and this line";
    }
}

} // namespace

std::string mpi_reason(int code) {
    int running = 0;
    MPI_Initialized(&running);
    if (running == 0) { // MPI must not be asked about its codes yet
        return fmt::format("MPI did not start; see what it says itself (MPI code {})", code);
    }
    int kind = MPI_ERR_UNKNOWN;
    MPI_Error_class(code, &kind);
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    const std::string own = first_line({text.data(), static_cast<std::size_t>(length)});
    return fmt::format("{} ({}; MPI code {})", meaning_of(kind), own, code);
}

void check_mpi(int code, const char* operation, int rank) {
    if (code != MPI_SUCCESS) {
        throw DistError(fmt::format("rank {}: {} failed: {}", rank, operation, mpi_reason(code)));
    }
}

std::string mpi_library() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    const std::string whole(text.data(), static_cast<std::size_t>(length));
    std::string line = whole.substr(0, whole.find_first_of(",\n"));
    std::replace(line.begin(), line.end(), '\t', ' ');
    return line;
}

MpiKind linked_mpi() {
#ifdef OPEN_MPI
    return MpiKind::open_mpi;
#else
    return MpiKind::mpich;
#endif
}

MpiEnvironment::MpiEnvironment() {
    const EnvironmentLookup lookup = [](const char* name) { return std::getenv(name); };
    if (detect_launcher(linked_mpi(), lookup) == Launcher::mismatch) {
        throw DistError(launcher_advice(linked_mpi(), lookup)); // MPI_Init would abort with a page of text
    }
    int initialized = 0;
    check_mpi(MPI_Initialized(&initialized), "MPI_Initialized", 0);
    if (initialized != 0) {
        throw std::logic_error("MpiEnvironment: MPI is already initialised; create it once, in main()");
    }
    int provided = MPI_THREAD_SINGLE;
    {
        const JoinWatch watch("MPI_Init");
        check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread", 0);
    }
    if (provided < MPI_THREAD_MULTIPLE) {
        MPI_Finalize();
        throw DistError(fmt::format("MPI grants thread level {} but MPI_THREAD_MULTIPLE ({}) is needed; "
                                    "use an MPI built for threads",
                                    provided, static_cast<int>(MPI_THREAD_MULTIPLE)));
    }
    int size = 0;
    check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size", 0);
    if (size == 1 && started_processes(lookup) > 1) { // each would train alone, all into the same folder
        MPI_Finalize();
        throw DistError(launcher_advice(linked_mpi(), lookup));
    }
}

MpiEnvironment::~MpiEnvironment() {
    // While an exception unwinds, other ranks may wait in a collective that this rank never enters, and
    // MPI_Finalize would wait for them. Leaving without it lets the launcher end the job with our exit code.
    if (std::uncaught_exceptions() == 0) {
        const JoinWatch watch("MPI_Finalize", std::chrono::seconds(60));
        MPI_Finalize();
    }
}

} // namespace tacit::dist
