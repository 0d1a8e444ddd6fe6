// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/wave.hpp"
#include "tests/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace tacit::models {
namespace {

class Safetensors : public testing::Test {
  protected:
    std::string path() const { return folder_ / "weights.safetensors"; }

    std::string write_raw(const std::string& bytes) const {
        std::ofstream(path(), std::ios::binary) << bytes;
        return path();
    }

    /// A file of this header text and buffer.
    std::string write_file_of(const std::string& header, const std::string& buffer) const {
        const std::uint64_t length = header.size();
        std::string bytes(8, '\0');
        std::memcpy(bytes.data(), &length, 8);
        return write_raw(bytes + header + buffer);
    }

    void expect_refused(const std::string& header, const std::string& buffer, const std::string& why) const {
        write_file_of(header, buffer);
        try {
            read_safetensors(path());
            ADD_FAILURE() << "accepted " << header;
        } catch (const DataError& error) {
            EXPECT_NE(std::string(error.what()).find(path()), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
        }
    }

    std::string content() const {
        std::ifstream in(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    static NamedTensors every_type() {
        NamedTensors tensors;
        for (const auto type : {torch::kDouble, torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kLong,
                                torch::kInt, torch::kShort, torch::kChar, torch::kByte}) {
            tensors.emplace_back(std::string("t_") + c10::toString(type), (torch::arange(6) * 3).to(type).view({2, 3}));
        }
        tensors.emplace_back("flags", torch::tensor({true, false, true}));
        tensors.emplace_back("zero_dim", torch::tensor(std::int64_t{42}));
        tensors.emplace_back("empty", torch::empty({3, 0, 2}));
        return tensors;
    }

    TemporaryFolder folder_;
};

TEST_F(Safetensors, RoundTripKeepsEveryTypeShapeAndMetadata) {
    const auto tensors = every_type();
    write_safetensors(path(), tensors, {{"format", "pt"}, {"note", "\u00e9\n\""}});
    const auto file = read_safetensors(path());
    const std::map<std::string, at::Tensor> read(file.tensors.begin(), file.tensors.end());
    ASSERT_EQ(read.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) {
        EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
        EXPECT_EQ(read.at(name).sizes(), tensor.sizes()) << name;
        EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
    }
    EXPECT_EQ(file.metadata.at("note"), "\u00e9\n\"");
}

TEST_F(Safetensors, StridedTensorsAreStoredInCOrder) {
    const auto tensor = wave({2, 3, 4, 5}, 0.7, 0).contiguous(at::MemoryFormat::ChannelsLast);
    write_safetensors(path(), {{"x", tensor}, {"y", tensor.transpose(0, 2)}});
    for (const auto& [name, read] : read_safetensors(path()).tensors) {
        EXPECT_TRUE(read.is_contiguous());
        EXPECT_TRUE(torch::equal(read, name == "x" ? tensor : tensor.transpose(0, 2)));
    }
}

TEST_F(Safetensors, NoTensorsMakeAValidFile) {
    write_safetensors(path(), {});
    EXPECT_TRUE(read_safetensors(path()).tensors.empty());
}

TEST_F(Safetensors, TensorsAreAlignedToTheirType) {
    write_safetensors(path(), {{"a", torch::ones({3}, torch::kByte)}, {"b", torch::ones({1}, torch::kDouble)}});
    EXPECT_EQ(read_safetensors(path()).tensors.front().first, "b");
}

TEST_F(Safetensors, AFileCutAnywhereIsRefused) {
    write_safetensors(path(), every_type());
    const auto whole = content();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_raw(whole.substr(0, length));
        EXPECT_THROW(read_safetensors(path()), DataError) << length;
    }
}

TEST_F(Safetensors, TrailingBytesAreRefused) {
    write_safetensors(path(), every_type());
    write_raw(content() + '\0');
    EXPECT_THROW(read_safetensors(path()), DataError);
}

TEST_F(Safetensors, FlippedHeaderBitsNeverCrashOrReadOutOfBounds) {
    write_safetensors(path(), every_type());
    const auto whole = content();
    std::uint64_t header = 0;
    std::memcpy(&header, whole.data(), 8);
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * (8 + header); ++bit) {
        auto damaged = whole;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        write_raw(damaged);
        try {
            read_safetensors(path());
        } catch (const DataError&) {
            ++refused;
        }
    }
    // Flips within a name or between types of one size leave a valid file.
    EXPECT_GT(refused, 8 * header / 2);
}

TEST_F(Safetensors, HugeHeaderLengthIsRefusedWithoutAllocating) {
    write_raw(std::string(8, '\xff') + "{}");
    EXPECT_THROW(read_safetensors(path()), DataError);
}

TEST_F(Safetensors, OverlappingRangesAreRefused) {
    expect_refused(
        R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
        "123456", "overlap");
}

TEST_F(Safetensors, GapsAreRefused) {
    expect_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})", "1234", "gap");
}

TEST_F(Safetensors, RangesThatDoNotFitTheirShapeAreRefused) {
    expect_refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234", "shape and dtype");
    expect_refused(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}})", "1234",
                   "shape and dtype");
}

TEST_F(Safetensors, RangesBeyondTheBufferAreRefused) {
    expect_refused(R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", "1234", "range");
    expect_refused(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[4,0]}})", "1234", "range");
}

TEST_F(Safetensors, WrongEntriesAreRefused) {
    expect_refused(R"({"a":{"dtype":"Q7","shape":[4],"data_offsets":[0,4]}})", "1234", "unknown dtype");
    expect_refused(R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})", "1234", "not a size");
    expect_refused(R"({"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}})", "1234", "not a size");
    expect_refused(R"({"a":{"dtype":"U8","shape":[4]}})", "1234", "needs exactly");
    expect_refused(R"({"a":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}})", "1234", "BOOL");
    expect_refused(R"({"__metadata__":{"a":1}})", "", "not a string");
    expect_refused("[]", "", "not a JSON object");
}

TEST_F(Safetensors, AKeyGivenTwiceIsRefused) {
    expect_refused(
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
        "1234", "twice");
}

TEST_F(Safetensors, DeepNestingIsRefused) {
    expect_refused(std::string(100'000, '['), "", "deeply");
}

TEST_F(Safetensors, AFullDiskIsAnIoError) {
    try {
        write_safetensors("/dev/full", {{"x", torch::zeros({1000})}});
        FAIL() << "no error";
    } catch (const IoError& error) {
        EXPECT_NE(std::string(error.what()).find("ENOSPC"), std::string::npos) << error.what();
    }
}

TEST_F(Safetensors, AMissingFileIsAnIoError) {
    EXPECT_THROW(read_safetensors(folder_ / "none"), IoError);
}

TEST_F(Safetensors, ANameGivenTwiceIsABug) {
    EXPECT_THROW(write_safetensors(path(), {{"x", torch::zeros({1})}, {"x", torch::zeros({1})}}), std::logic_error);
}

TEST_F(Safetensors, WritingTellsBytesAndDigestOfTheFile) {
    const WrittenFile written = write_safetensors(path(), every_type(), {{"note", "x"}});
    EXPECT_EQ(written.bytes, static_cast<std::int64_t>(std::filesystem::file_size(path())));
    EXPECT_EQ(written.sha256, sha256_of_file(path()));
}

} // namespace
} // namespace tacit::models
