// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/weights/safetensors.hpp"

#include "tests/fixtures.hpp"

#include <map>
#include <string>

namespace tacit::models {

/// Tensors of tests/oracle/fixtures/<folder>/<name>.safetensors by name.
inline std::map<std::string, at::Tensor> fixture(const std::string& name, const std::string& folder = "models") {
    const auto file = read_safetensors(fixtures_folder() + "/" + folder + "/" + name + ".safetensors");
    return {file.tensors.begin(), file.tensors.end()};
}

/// What tests/oracle/methods/<name>.py made.
inline std::map<std::string, at::Tensor> method_fixture(const std::string& name) {
    return fixture(name, "methods");
}

} // namespace tacit::models
