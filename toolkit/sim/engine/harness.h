// The interface between the fixed harness and a design's generated binding (ports.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace offramp {

// Addresses of one stream's ports. tdata is little endian in Verilator's storage, whatever its width.
struct Port {
    std::string name;
    void* data;
    std::uint32_t bytes;  // of one beat
    std::uint8_t* valid;
    std::uint8_t* ready;
};

// A Verilated design: the harness sees nothing else of it.
class Model {
  public:
    virtual ~Model() = default;
    virtual void eval(std::uint64_t time) = 0;
    virtual void open_trace(const char* file) = 0;  // throws where the build has no tracing
    virtual void dump() = 0;
    virtual void close_trace() = 0;

    std::uint8_t* clock = nullptr;
    std::uint8_t* reset_n = nullptr;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
};

std::unique_ptr<Model> make_model(int argc, const char** argv);  // in ports.cpp

}  // namespace offramp
