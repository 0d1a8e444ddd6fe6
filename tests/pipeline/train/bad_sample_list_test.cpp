// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/bad_sample_list.hpp"
#include "tests/mpi_main.hpp"
#include "tests/pipeline/train/tiny_run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace tacit::train {
namespace {

/// A path that rank 0 owns.
class SharedPath {
  public:
    SharedPath() {
        if (dist::world().rank() == 0)
            folder_.emplace();
        path_ = folder_ ? folder_->path() + "/bad_samples.json" : "";
        dist::world().broadcast(path_, 0);
    }
    ~SharedPath() { dist::world().barrier(); }
    SharedPath(const SharedPath&) = delete;
    SharedPath& operator=(const SharedPath&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::optional<TemporaryFolder> folder_;
    std::string path_;
};

std::vector<std::int64_t> listed(const std::string& path) {
    dist::world().barrier();
    std::vector<std::int64_t> images;
    for (const auto& entry : nlohmann::json::parse(read_file(path)))
        images.push_back(entry.at("image").get<std::int64_t>());
    dist::world().barrier();
    return images;
}

TEST(BadSampleList, HoldsThoseOfAllRanksAndStartsOnce) {
    const SharedPath shared;
    const std::int64_t rank = dist::world().rank();
    const std::int64_t ranks = dist::world().size();
    write_bad_samples({{5, "a"}, {10 + rank, "b \xff"}}, ranks + 1, shared.path(), dist::world());
    std::vector<std::int64_t> expected{5};
    for (std::int64_t i = 0; i < ranks; ++i)
        expected.push_back(10 + i);
    EXPECT_EQ(listed(shared.path()), expected);
    write_bad_samples({{7, "c"}}, ranks + 2, shared.path(), dist::world());
    expected.insert(expected.begin() + 1, 7);
    EXPECT_EQ(listed(shared.path()), expected);
}

TEST(BadSampleList, TooManyEndEveryRank) {
    const SharedPath shared;
    const std::int64_t ranks = dist::world().size();
    try {
        write_bad_samples({{dist::world().rank(), "x"}}, ranks - 1, shared.path(), dist::world());
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("data.max_bad_samples"), std::string::npos) << error.what();
    }
    EXPECT_EQ(listed(shared.path()).size(), static_cast<std::size_t>(ranks));
}

} // namespace
} // namespace tacit::train
