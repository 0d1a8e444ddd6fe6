// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/weights/safetensors.hpp"

#include "tests/fixtures.hpp"

#include <map>
#include <string>

namespace tacit::models {

/// Tensors of tests/oracle/fixtures/models/<name>.safetensors by name.
inline std::map<std::string, at::Tensor> fixture(const std::string& name) {
    const auto file = read_safetensors(fixtures_folder() + "/models/" + name + ".safetensors");
    return {file.tensors.begin(), file.tensors.end()};
}

} // namespace tacit::models
