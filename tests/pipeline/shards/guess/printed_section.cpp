// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/guess/printed_section.hpp"

#include "pipeline/config/section.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {

PrintedSection parsed(const std::string& text) {
    config::Document document = config::Document::from_text(text, "printed");
    const config::Section data = document.root().section("data");
    PrintedSection section;
    section.spec.path = data.required_text({"path", "of a test"});
    section.spec.images = data.text({"images", "of a test"}, "");
    section.spec.labels = data.text({"labels", "of a test"}, "");
    section.spec.axes = data.text({"axes", "of a test"}, "");
    section.spec.range = data.numbers({"range", "of a test"}, {});
    section.train = data.text({"train", "of a test"}, "");
    section.test = data.text({"test", "of a test"}, "");
    document.finish();
    return section;
}

Dataset opened(const PrintedSection& section, const std::string& split) {
    Dataset dataset = Dataset::open(section.spec, split);
    SampleBuffer buffer;
    for (std::int64_t i = 0; i < dataset.info().size; ++i) {
        dataset.read(i, buffer);
    }
    return dataset;
}

PrintedSection printed(const std::string& path) {
    const Inspection found = inspect(path, kWithoutMeasuring);
    EXPECT_FALSE(found.data_section.empty()) << found.guess;
    return parsed(found.data_section);
}

bool mentions(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines) {
        if (line.find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

} // namespace tacit::shards
