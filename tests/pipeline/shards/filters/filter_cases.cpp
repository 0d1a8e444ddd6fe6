// SPDX-License-Identifier: Apache-2.0
#include "filter_cases.hpp"

#include "tests/fixtures.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace tacit::shards {
namespace {

std::uint32_t read_u32(std::istream& file) {
    std::uint32_t value = 0;
    file.read(reinterpret_cast<char*>(&value), sizeof value);
    return value;
}

ByteVector read_bytes(std::istream& file, std::size_t count) {
    ByteVector bytes(count);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
    return bytes;
}

ByteVector read_array(std::istream& file) {
    ByteVector array(read_u32(file));
    const ByteVector period = read_bytes(file, read_u32(file));
    for (std::size_t i = 0; i < array.size(); ++i) {
        array[i] = period[i % period.size()];
    }
    return array;
}

FilterCase read_case(std::istream& file, const std::string& name, const std::vector<ByteVector>& arrays) {
    FilterCase next;
    next.name = name.c_str(); // up to the padding
    next.element_bytes = read_u32(file);
    next.mask = read_u32(file);
    next.expected = arrays.at(read_u32(file));
    next.filters.resize(read_u32(file));
    for (Filter& filter : next.filters) {
        filter.id = read_u32(file);
        filter.values.resize(read_u32(file));
        std::generate(filter.values.begin(), filter.values.end(), [&] { return read_u32(file); });
    }
    next.stored = read_bytes(file, read_u32(file));
    return next;
}

std::vector<FilterCase> read_cases() {
    std::ifstream file(fixtures_folder() + "/filters/cases.bin", std::ios::binary);
    file.exceptions(std::ios::badbit);
    std::vector<ByteVector> arrays(read_u32(file));
    std::generate(arrays.begin(), arrays.end(), [&] { return read_array(file); });
    std::vector<FilterCase> cases;
    std::string name(32, '\0');
    while (file.read(name.data(), 32)) {
        cases.push_back(read_case(file, name, arrays));
    }
    return cases;
}

} // namespace

const std::vector<FilterCase>& filter_cases() {
    static const std::vector<FilterCase> cases = read_cases();
    return cases;
}

const FilterCase& filter_case(const char* name) {
    for (const FilterCase& each : filter_cases()) {
        if (each.name == name) {
            return each;
        }
    }
    throw std::out_of_range(std::string("no filter case ") + name);
}

ByteVector decoded(const FilterPipeline& pipeline, const ByteVector& stored, std::uint32_t mask, std::size_t bytes) {
    FilterScratch scratch;
    ByteVector out(bytes);
    pipeline.decode(stored, mask, out, scratch);
    return out;
}

} // namespace tacit::shards
