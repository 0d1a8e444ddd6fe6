// SPDX-License-Identifier: Apache-2.0
#include "dist/processes.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace tacit::dist {
namespace {

std::string content_of(pid_t id, const char* file) {
    std::ifstream stream(fmt::format("/proc/{}/{}", id, file), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
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

std::vector<Process> siblings() {
    const pid_t parent = ::getppid();
    std::vector<Process> found;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
        const Process process = process_of(std::atoi(entry.path().filename().c_str()));
        if (process.id > 0 && process.parent == parent) {
            found.push_back(process);
        }
    }
    std::sort(found.begin(), found.end(), [](const Process& a, const Process& b) { return a.id < b.id; });
    return found;
}

int launched_rank(pid_t id) {
    const std::vector<std::string> variables = texts_of(content_of(id, "environ"));
    for (const std::string name : {"OMPI_COMM_WORLD_RANK=", "PMIX_RANK=", "PMI_RANK=", "SLURM_PROCID="}) {
        for (const std::string& variable : variables) {
            if (variable.starts_with(name)) {
                return std::atoi(variable.c_str() + name.size());
            }
        }
    }
    return -1;
}

} // namespace tacit::dist
