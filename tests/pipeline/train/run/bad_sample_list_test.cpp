// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/run/bad_sample_list.hpp"
#include "tests/shared_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace tacit::train {
namespace {

std::vector<std::int64_t> listed(const std::string& path) {
    dist::world().barrier();
    std::vector<std::int64_t> images;
    for (const auto& entry : nlohmann::json::parse(read_file(path))) {
        images.push_back(entry.at("image").get<std::int64_t>());
    }
    dist::world().barrier();
    return images;
}

TEST(BadSampleList, HoldsThoseOfAllRanksAndStartsOnce) {
    const dist::SharedFolder shared;
    const std::string path = shared.path() + "/bad_samples.json";
    const std::int64_t rank = dist::world().rank();
    const std::int64_t ranks = dist::world().size();
    write_bad_samples({{5, "a"}, {10 + rank, "b \xff"}}, ranks + 1, path, dist::world());
    std::vector<std::int64_t> expected{5};
    for (std::int64_t i = 0; i < ranks; ++i) {
        expected.push_back(10 + i);
    }
    EXPECT_EQ(listed(path), expected);
    write_bad_samples({{7, "c"}}, ranks + 2, path, dist::world());
    expected.insert(expected.begin() + 1, 7);
    EXPECT_EQ(listed(path), expected);
}

TEST(BadSampleList, TooManyEndEveryRank) {
    const dist::SharedFolder shared;
    const std::string path = shared.path() + "/bad_samples.json";
    const std::int64_t ranks = dist::world().size();
    try {
        write_bad_samples({{dist::world().rank(), "x"}}, ranks - 1, path, dist::world());
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("data.max_bad_samples"), std::string::npos) << error.what();
    }
    EXPECT_EQ(listed(path).size(), static_cast<std::size_t>(ranks));
}

TEST(BadSampleList, ThatCannotBeReadDoesNotEndTheWork) {
    const dist::SharedFolder shared;
    const std::string path = shared.path() + "/bad_samples.json";
    if (dist::world().rank() == 0) {
        std::filesystem::create_directory(path);
    }
    EXPECT_NO_THROW(write_bad_samples({{5, "a"}}, 1, path, dist::world()));
}

} // namespace
} // namespace tacit::train
