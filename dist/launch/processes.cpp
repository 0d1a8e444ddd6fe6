// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/processes.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <unistd.h>

namespace tacit::dist {
namespace {

/// Empty where it cannot be read; unlike an iterator over the stream this does not throw where the process has ended.
std::string content_of(pid_t id, const char* file) {
    const std::ifstream stream(fmt::format("/proc/{}/{}", id, file), std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
}

/// Texts that end with a zero byte.
std::vector<std::string> texts_of(const std::string& bytes) {
    std::vector<std::string> texts;
    for (std::size_t begin = 0; begin < bytes.size();) {
        const std::size_t end = std::min(bytes.find('\0', begin), bytes.size());
        texts.push_back(bytes.substr(begin, end - begin));
        begin = end + 1;
    }
    return texts;
}

/// The variable's value in these "NAME=VALUE"; nothing: it is not there.
std::optional<std::string> value_in(const std::vector<std::string>& variables, const std::string& name) {
    for (const std::string& variable : variables) {
        if (variable.starts_with(name + "=")) {
            return variable.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

/// What all processes of a launcher's job have in common in their environment, and no others; empty: nothing is.
std::string job_of(pid_t id) {
    using Names = std::vector<std::string>;
    const std::vector<std::string> variables = texts_of(content_of(id, "environ"));
    for (const Names& names : {Names{"PMIX_NAMESPACE"}, Names{"OMPI_MCA_ess_base_jobid"}, Names{"PMI_JOBID"},
                               Names{"SLURM_JOB_ID", "SLURM_STEP_ID"}}) {
        std::string job;
        for (const std::string& name : names) {
            job += value_in(variables, name).value_or("") + "\n";
        }
        if (value_in(variables, names.back())) {
            return names.back() + "\n" + job;
        }
    }
    return "";
}

} // namespace

/// State and parent stand behind the name, which may hold anything.
Process process_of(pid_t id) {
    const std::string stat = content_of(id, "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) {
        return {};
    }
    const char state = stat[name_end + 2];
    return {id, std::atoi(stat.c_str() + name_end + 4), state == 'T' || state == 't'};
}

std::vector<std::string> words_of(pid_t id) {
    return texts_of(content_of(id, "cmdline"));
}

std::vector<Process> processes_of_job(pid_t id) {
    const std::string job = job_of(id);
    const pid_t parent = process_of(id).parent;
    std::vector<Process> found;
    std::error_code failed;
    using Entries = std::filesystem::directory_iterator;
    for (Entries entry("/proc", failed); !failed && entry != Entries(); entry.increment(failed)) {
        const Process process = process_of(std::atoi(entry->path().filename().c_str()));
        if (process.id > 0 && (job.empty() ? process.parent == parent : job_of(process.id) == job)) {
            found.push_back(process);
        }
    }
    std::sort(found.begin(), found.end(), [](const Process& a, const Process& b) { return a.id < b.id; });
    return found;
}

int launched_rank(pid_t id) {
    const std::vector<std::string> variables = texts_of(content_of(id, "environ"));
    for (const std::string name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
        if (const auto rank = value_in(variables, name)) {
            return std::atoi(rank->c_str());
        }
    }
    return -1;
}

} // namespace tacit::dist
