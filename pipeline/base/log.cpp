// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/log.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <set>
#include <string_view>
#include <unistd.h>

namespace tacit::log {
namespace {

constexpr std::string_view kEraseLine = "\r\033[K";

struct Voice {
    std::mutex mutex;
    int rank = 0;
    int ranks = 1;
    bool quiet = false;
    std::string live_line;
    std::set<std::string> warned;
    std::vector<HeardWarnings*> hearing;
};

Voice& voice() {
    static Voice instance;
    return instance;
}

/// A log that cannot be written must not end the work: errors of write(2) are ignored.
void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void write_line(Voice& speaker, int descriptor, const std::string& line) {
    if (speaker.live_line.empty()) {
        write_all(descriptor, line + "\n");
        return;
    }
    write_all(STDOUT_FILENO, kEraseLine);
    write_all(descriptor, line + "\n");
    write_all(STDOUT_FILENO, speaker.live_line);
}

std::string tag(const Voice& speaker) {
    return speaker.ranks > 1 ? "[rank " + std::to_string(speaker.rank) + "] " : std::string();
}

bool speaks_locked(const Voice& speaker) {
    return speaker.rank == 0 && !speaker.quiet;
}

} // namespace

void set_rank(int rank, int ranks) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    speaker.rank = rank;
    speaker.ranks = ranks;
}

void set_quiet(bool quiet) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    speaker.quiet = quiet;
}

bool speaks() {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    return speaks_locked(speaker);
}

void info(const std::string& line) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    if (speaks_locked(speaker)) {
        write_line(speaker, STDOUT_FILENO, line);
    }
}

void warning(const std::string& line) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    bool alone = false;
    for (HeardWarnings* heard : speaker.hearing) {
        alone = alone || heard->alone_;
        if (std::find(heard->lines_.begin(), heard->lines_.end(), line) == heard->lines_.end()) {
            heard->lines_.push_back(line);
        }
    }
    if (!alone && speaker.warned.insert(line).second) {
        write_line(speaker, STDERR_FILENO, tag(speaker) + "warning: " + line);
    }
}

HeardWarnings::HeardWarnings(bool alone) : alone_(alone), failures_(std::uncaught_exceptions()) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    speaker.hearing.push_back(this);
}

HeardWarnings::~HeardWarnings() {
    {
        Voice& speaker = voice();
        const std::lock_guard lock(speaker.mutex);
        std::erase(speaker.hearing, this);
    }
    if (alone_ && std::uncaught_exceptions() > failures_) {
        std::for_each(lines_.begin(), lines_.end(), warning);
    }
}

std::vector<std::string> HeardWarnings::lines() const {
    const std::lock_guard lock(voice().mutex);
    return lines_;
}

void error(const std::string& line) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    write_line(speaker, STDERR_FILENO, tag(speaker) + "error: " + line);
}

void live(const std::string& text) {
    Voice& speaker = voice();
    const std::lock_guard lock(speaker.mutex);
    if (!speaks_locked(speaker)) {
        return;
    }
    speaker.live_line = text;
    write_all(STDOUT_FILENO, std::string(kEraseLine) + text);
}

} // namespace tacit::log
