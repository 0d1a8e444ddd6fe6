// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/progress.hpp"

#include "pipeline/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tacit {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr int kBarWidth = 20;
constexpr std::size_t kUnknownWidth = 79; ///< a wrapped line cannot be redrawn in place

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int columns_of(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Width of the terminal behind stdout; 0 where there is none. mpirun gives every rank a pseudo-terminal
/// without a width, even when its own output is a file: then its stdout decides, this process's parent's.
int terminal_columns() {
    if (::isatty(STDOUT_FILENO) != 1) {
        return 0;
    }
    if (const int own = columns_of(STDOUT_FILENO); own > 0) {
        return own;
    }
    std::error_code unreadable;
    const std::string link = fmt::format("/proc/{}/fd/1", ::getppid());
    const std::string target = std::filesystem::read_symlink(link, unreadable).string();
    if (!target.starts_with("/dev/pts/") && !target.starts_with("/dev/tty")) {
        return 0;
    }
    const int terminal = ::open(target.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) {
        return 0;
    }
    const int columns = columns_of(terminal);
    ::close(terminal);
    return columns;
}

std::string bar(double share) {
    const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth));
    return "[" + std::string(static_cast<std::size_t>(filled), '#') +
           std::string(static_cast<std::size_t>(kBarWidth - filled), '.') + "] ";
}

} // namespace

std::string duration_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::max(0.0, std::round(seconds)));
    const std::int64_t days = whole / 86400;
    const std::int64_t hours = whole / 3600 % 24;
    const std::int64_t minutes = whole / 60 % 60;
    if (days > 0) {
        return fmt::format("{} d {:02}:{:02}", days, hours, minutes);
    }
    if (hours > 0) {
        return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
    }
    return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string compact_number(double value) {
    const double size = std::abs(value);
    if (size >= 1e7) {
        return fmt::format("{:.1f}M", value / 1e6);
    }
    if (size >= 1e4) {
        return fmt::format("{:.1f}k", value / 1e3);
    }
    if (size >= 100) {
        return fmt::format("{:.0f}", value);
    }
    return size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

Progress::Progress(ProgressOptions options)
    : options_(std::move(options)), columns_(options_.columns > 0 ? options_.columns : terminal_columns()),
      done_(options_.start) {
    if (!options_.clock) {
        options_.clock = steady_seconds;
    }
    if (!options_.line) {
        options_.line = [](const std::string& text) { log::info(text); };
    }
    if (!options_.live) {
        options_.live = columns_ > 0;
    }
    begun_ = options_.clock();
    shown_ = begun_;
}

Progress::~Progress() {
    if (finished_ || !*options_.live) {
        return;
    }
    try {
        log::live("");
    } catch (const std::exception&) { // out of memory: the bar stays, the work goes on
        return;
    }
}

/// Everything that there is to say, in pieces; what matters most comes first.
std::vector<std::string> Progress::pieces(bool last, double now) const {
    const double seconds = std::max(now - begun_, 1e-9);
    const double items = static_cast<double>(done_ - options_.start);
    const bool bounded = options_.total > 0;
    const double share = bounded ? static_cast<double>(done_) / static_cast<double>(options_.total) : 0;
    std::vector<std::string> all;
    all.push_back(options_.label + " " +
                  (bounded ? fmt::format("{}/{} {:.0f}%", done_, options_.total, 100 * share) : std::to_string(done_)));
    all.push_back(fmt::format("{} {}/s", compact_number(items * options_.units_per_item / seconds), options_.unit));
    if (last) {
        all.push_back("in " + duration_text(now - begun_));
    } else if (bounded && items > 0) {
        all.push_back("ETA " + duration_text(static_cast<double>(options_.total - done_) * seconds / items));
    }
    for (const auto& [name, value] : fields_) {
        all.push_back(fmt::format("{} {}", name, value));
    }
    return all;
}

std::string Progress::describe(bool last, double now) const {
    return fmt::format("{}", fmt::join(pieces(last, now), "  "));
}

/// One line of at most `width` columns: the last pieces go first, then the bar, then the rate before the ETA.
std::string Progress::live_line(double now, std::size_t width) const {
    std::vector<std::string> kept = pieces(false, now);
    const auto text = [&] { return fmt::format("{}", fmt::join(kept, "  ")); };
    constexpr std::size_t kEssential = 3; // count, rate, ETA
    while (kept.size() > kEssential && text().size() > width) {
        kept.pop_back();
    }
    const std::size_t left = width - std::min(width, text().size());
    if (options_.total > 0 && left >= kBarWidth + 3) {
        const double share = static_cast<double>(done_) / static_cast<double>(options_.total);
        kept.front().insert(options_.label.size() + 1, bar(share));
    }
    while (kept.size() > 1 && text().size() > width) {
        kept.erase(kept.size() > 2 ? kept.begin() + 1 : kept.begin());
    }
    return text().substr(0, width);
}

void Progress::update(std::int64_t done, const Fields& fields) {
    const std::lock_guard lock(mutex_);
    done_ = std::max(done_, done);
    if (!fields.empty()) {
        fields_ = fields;
    }
    const double now = options_.clock();
    if (finished_ || now - shown_ < (*options_.live ? kRedrawSeconds : options_.line_seconds)) {
        return;
    }
    shown_ = now;
    if (*options_.live) {
        log::live(live_line(now, columns_ > 1 ? static_cast<std::size_t>(columns_) - 1 : kUnknownWidth));
    } else {
        options_.line(describe(false, now));
    }
}

void Progress::set_total(std::int64_t total) {
    const std::lock_guard lock(mutex_);
    options_.total = total;
}

void Progress::finish() {
    const std::lock_guard lock(mutex_);
    if (finished_) {
        return;
    }
    finished_ = true;
    if (*options_.live) {
        log::live("");
    }
    options_.line(describe(true, options_.clock()));
}

} // namespace tacit
