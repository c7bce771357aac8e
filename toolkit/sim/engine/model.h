// Model for any Verilated class; included by the generated binding only.
#pragma once

#include <stdexcept>

#include "harness.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using Trace = VerilatedFstC;
#elif VM_TRACE_SAIF
#include "verilated_saif_c.h"
using Trace = VerilatedSaifC;
#elif VM_TRACE_VCD
#include "verilated_vcd_c.h"
using Trace = VerilatedVcdC;
#endif

namespace offramp {

template <class Top>
class Verilated_model final : public Model {
  public:
    VerilatedContext context;
    Top top;  // made with the context, so declared after it

    Verilated_model(int argc, const char** argv) : top{configured(context, argc, argv)} {}

    void eval(std::uint64_t time) override {
        context.time(time);
        top.eval();
    }

#if VM_TRACE
    void open_trace(const char* file) override {
        top.trace(&trace_, 99);
        trace_.open(file);
    }
    void dump() override { trace_.dump(context.time()); }
    void close_trace() override { trace_.close(); }
#else
    void open_trace(const char*) override { throw std::runtime_error("built without tracing"); }
    void dump() override {}
    void close_trace() override {}
#endif

  private:
    static VerilatedContext* configured(VerilatedContext& context, int argc, const char** argv) {
        context.commandArgs(argc, argv);
        context.traceEverOn(VM_TRACE);
        return &context;
    }
#if VM_TRACE
    Trace trace_;
#endif
};

}  // namespace offramp
