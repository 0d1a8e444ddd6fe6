// SPDX-License-Identifier: Apache-2.0
#include "tests/mpi_main.hpp"

#include "dist/watch/watchdog.hpp"
#include "pipeline/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace tacit::dist {
namespace {

Communicator* the_world = nullptr;

std::string rank_tag() {
    return fmt::format("[rank {}/{}]", world().rank(), world().size());
}

/// What the watchdog tells when a test hangs; its thread reads while the test writes.
class TestLog {
  public:
    void begin(std::string test) {
        const std::lock_guard lock(mutex_);
        test_ = std::move(test);
        failures_.clear();
    }
    void add_failure(const std::string& failure) {
        const std::lock_guard lock(mutex_);
        failures_ += failure;
    }
    std::string failures() {
        const std::lock_guard lock(mutex_);
        return failures_;
    }
    [[noreturn]] void end_hang(std::chrono::milliseconds limit) {
        const std::lock_guard lock(mutex_);
        const int code = static_cast<int>(ExitCode::hang);
        std::fputs(fmt::format("{} {} did not finish in {} s: ending the job with exit code {}\n{}", rank_tag(), test_,
                               std::chrono::duration_cast<std::chrono::seconds>(limit).count(), code, failures_)
                       .c_str(),
                   stderr);
        ::_exit(code);
    }

  private:
    std::mutex mutex_;
    std::string test_ = "the start of the test program";
    std::string failures_;
};

/// Joins the ranks at the end of each test, on a communicator of its own that no test can disturb.
class RankMerger : public testing::EmptyTestEventListener {
  public:
    RankMerger(Communicator& control, TestLog& log, Watchdog& watchdog)
        : control_(&control), log_(&log), watchdog_(&watchdog) {}

    void OnTestStart(const testing::TestInfo& test) override {
        log_->begin(fmt::format("{}.{}", test.test_suite_name(), test.name()));
        watchdog_->start("test");
    }

    void OnTestPartResult(const testing::TestPartResult& part) override {
        if (part.failed()) {
            const char* file = part.file_name() == nullptr ? "unknown file" : part.file_name();
            log_->add_failure(fmt::format("{} {}:{}: {}\n", rank_tag(), file, part.line_number(), part.message()));
        }
    }

    void OnTestEnd(const testing::TestInfo& /*test*/) override {
        const std::string mine = log_->failures();
        for (int root = 1; root < control_->size(); ++root) {
            std::string theirs = control_->rank() == root ? mine : "";
            control_->broadcast(theirs, root);
            if (control_->rank() == 0 && !theirs.empty()) {
                ADD_FAILURE() << theirs;
            }
        }
    }

  private:
    Communicator* control_;
    TestLog* log_;
    Watchdog* watchdog_;
};

std::chrono::seconds time_limit() {
    const char* text = std::getenv("TACIT_TEST_TIMEOUT");
    const long seconds = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
    return std::chrono::seconds(seconds > 0 ? seconds : 120);
}

int run_tests(Communicator& control) {
    TestLog log;
    Watchdog watchdog(time_limit(), [&](const char* /*operation*/, auto limit) {
        log.end_hang(limit);
        return true;
    });
    watchdog.start("start");
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    if (control.rank() != 0) {
        delete listeners.Release(listeners.default_result_printer());
    }
    listeners.Append(new RankMerger(control, log, watchdog)); // GoogleTest owns it
    at::Tensor code = at::full({1}, RUN_ALL_TESTS(), at::kLong);
    control.all_reduce_max(code);
    return static_cast<int>(code.item<std::int64_t>());
}

} // namespace

Communicator& world() {
    return *the_world;
}

} // namespace tacit::dist

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    at::set_num_threads(1);
    try {
        const tacit::dist::MpiEnvironment environment;
        const auto control = tacit::dist::make_mpi_communicator();
        const auto world = tacit::dist::make_mpi_communicator();
        tacit::dist::the_world = world.get();
        return tacit::dist::run_tests(*control);
    } catch (const std::exception& error) {
        std::fputs(fmt::format("{}\n", error.what()).c_str(), stderr);
        return static_cast<int>(tacit::ExitCode::failure);
    }
}
