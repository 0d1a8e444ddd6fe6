// SPDX-License-Identifier: Apache-2.0
#include "tests/mpi_main.hpp"

#include "pipeline/base/error.hpp"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace tacit::dist {
namespace {

Communicator* the_world = nullptr;

std::string rank_tag() {
    return fmt::format("[rank {}/{}]", world().rank(), world().size());
}

/// Ends the job when a test takes too long: a rank that waits in a collective cannot end it itself.
class Watchdog {
  public:
    explicit Watchdog(std::chrono::seconds limit) : limit_(limit), thread_([this] { watch(); }) {}
    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void start(const std::string& test) {
        const std::lock_guard lock(mutex_);
        test_ = test;
        failures_.clear();
        deadline_ = std::chrono::steady_clock::now() + limit_;
        changed_.notify_all();
    }
    void add_failure(const std::string& failure) {
        const std::lock_guard lock(mutex_);
        failures_ += failure;
    }
    std::string failures() {
        const std::lock_guard lock(mutex_);
        return failures_;
    }

  private:
    void watch() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            if (std::chrono::steady_clock::now() >= deadline_) {
                const int code = static_cast<int>(ExitCode::hang);
                std::fputs(fmt::format("{} {} did not finish in {} s: ending the job with exit code {}\n{}", rank_tag(),
                                       test_, limit_.count(), code, failures_)
                               .c_str(),
                           stderr);
                ::_exit(code);
            }
            changed_.wait_until(lock, deadline_);
        }
    }

    std::chrono::seconds limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string test_ = "the start of the test program";
    std::string failures_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + limit_;
    bool stopping_ = false;
    std::thread thread_;
};

/// Joins the ranks at the end of each test, on a communicator of its own that no test can disturb.
class RankMerger : public testing::EmptyTestEventListener {
  public:
    RankMerger(Communicator& control, Watchdog& watchdog) : control_(&control), watchdog_(&watchdog) {}

    void OnTestStart(const testing::TestInfo& test) override {
        watchdog_->start(fmt::format("{}.{}", test.test_suite_name(), test.name()));
    }

    void OnTestPartResult(const testing::TestPartResult& part) override {
        if (part.failed()) {
            const char* file = part.file_name() == nullptr ? "unknown file" : part.file_name();
            watchdog_->add_failure(fmt::format("{} {}:{}: {}\n", rank_tag(), file, part.line_number(), part.message()));
        }
    }

    void OnTestEnd(const testing::TestInfo& /*test*/) override {
        const std::string mine = watchdog_->failures();
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
    Watchdog* watchdog_;
};

std::chrono::seconds time_limit() {
    const char* text = std::getenv("TACIT_TEST_TIMEOUT");
    const long seconds = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
    return std::chrono::seconds(seconds > 0 ? seconds : 120);
}

int run_tests(Communicator& control) {
    Watchdog watchdog(time_limit());
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    if (control.rank() != 0) {
        delete listeners.Release(listeners.default_result_printer());
    }
    listeners.Append(new RankMerger(control, watchdog)); // GoogleTest owns it
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
