// A master of the processor's port and both ends of its bytes; commands come from stdin, answers go to stdout.
//   stall CHANNEL PERCENT      pauses, of any length, for that part of the time
//   aw ID ADDRESS              queue one transfer of a channel; numbers are decimal
//   w DATA LAST
//   ar ID ADDRESS LENGTH AFTER LENGTH is words, less one; not before that many write responses are shown
//   s DATA LAST
//   hold, release              a reset begins, and all that is queued or under way is forgotten; a reset ends
//   run CYCLES
//   settle LIMIT M S           until all accesses are answered, M bytes taken and at most S queued
//   take                       answers with the events since the last one, and "end"
//
// An event is one line: channel, the cycle in which it was valid first, that in which it was taken, id, data or
// address, last or length. Of the bytes that the design gives, one more, of kind SHOWN, when each becomes valid.
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <string>

#include "Vbench.h"
#include "verilated.h"

enum Channel { AW, W, B, AR, R, M, S, CHANNELS, SHOWN = CHANNELS };
static const char* const names[CHANNELS] = {"aw", "w", "b", "ar", "r", "m", "s"};

struct Transfer {
  uint32_t id, data, last;
  uint64_t after;  // write responses
};

static std::unique_ptr<Vbench> top;
static std::string events;
static uint64_t now, state, responses, reads_open, writes_open, bytes_taken;
static std::deque<Transfer> queues[CHANNELS];
static Transfer shown[CHANNELS];
static bool valid[CHANNELS], paused[CHANNELS];
static uint64_t since[CHANNELS];
static unsigned share[CHANNELS], rest[CHANNELS];

static uint32_t any() {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return static_cast<uint32_t>((state * 0x2545F4914F6CDD1DULL) >> 32);
}

static void note(int kind, uint64_t from, const Transfer& what) {
  for (uint64_t value : {uint64_t(kind), from, now, uint64_t(what.id), uint64_t(what.data)})
    events += std::to_string(value) + ' ';
  events += std::to_string(what.last) + '\n';
}

// What the design offers in this cycle.
static void look(Channel channel, bool offered, Transfer what) {
  if (offered && !valid[channel]) {
    since[channel] = now;
    responses += channel == B;
    if (channel == M && top->rst_n) note(SHOWN, now, what);
  }
  valid[channel] = offered;
  shown[channel] = what;
}

// What we offer in this cycle; while there is nothing, anything may be on the lines.
static void offer(Channel channel) {
  if (valid[channel]) return;
  auto& queue = queues[channel];
  bool ready = !queue.empty() && !paused[channel] && (channel != S || top->rst_n);
  if (ready && queue.front().after <= responses) {
    shown[channel] = queue.front();
    queue.pop_front();
    valid[channel] = true;
    since[channel] = now;
  } else {
    shown[channel] = {any(), any(), any(), 0};
  }
}

static bool taken(Channel channel, bool ready) {
  if (!valid[channel] || !ready) return false;
  note(channel, since[channel], shown[channel]);
  valid[channel] = false;
  return true;
}

static void cycle() {
  static const unsigned lengths[] = {1, 1, 2, 3, 7, 40};
  for (int i = 0; i < CHANNELS; i++) {
    if (rest[i] == 0) {
      paused[i] = share[i] && any() % 100 < share[i];
      rest[i] = lengths[any() % 6];
    }
    rest[i]--;
  }
  top->clk = 0;
  top->eval();
  look(B, top->s_axi_bvalid, {top->s_axi_bid, 0, 0, 0});
  look(R, top->s_axi_rvalid, {top->s_axi_rid, top->s_axi_rdata, top->s_axi_rlast, 0});
  look(M, top->m_valid, {0, top->m_data, 0, 0});
  for (Channel channel : {AW, W, AR, S}) offer(channel);
  top->s_axi_awvalid = valid[AW];
  top->s_axi_awid = shown[AW].id & 0xFFF;
  top->s_axi_awaddr = shown[AW].data & 0x1FFF;
  top->s_axi_wvalid = valid[W];
  top->s_axi_wdata = shown[W].data;
  top->s_axi_wlast = shown[W].last & 1;
  top->s_axi_arvalid = valid[AR];
  top->s_axi_arid = shown[AR].id & 0xFFF;
  top->s_axi_araddr = shown[AR].data & 0x1FFF;
  top->s_axi_arlen = shown[AR].last & 15;
  top->s_valid = valid[S];
  top->s_data = shown[S].data & 0xFF;
  top->s_last = shown[S].last & 1;
  top->s_axi_bready = !paused[B];
  top->s_axi_rready = !paused[R];
  top->m_ready = !paused[M];
  top->eval();
  if (top->rst_n) {
    taken(AW, top->s_axi_awready);
    taken(W, top->s_axi_wready);
    if (taken(B, !paused[B])) writes_open--;
    taken(AR, top->s_axi_arready);
    if (taken(R, !paused[R])) reads_open -= shown[R].last;
    if (taken(M, !paused[M])) bytes_taken++;
    taken(S, top->s_ready);
  }
  top->clk = 1;
  top->eval();
  now++;
}

int main(int argc, char** argv) {
  auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  context->randReset(2);
  context->randSeed(1);
  state = 88172645463325252ULL;
  top = std::make_unique<Vbench>(context.get());
  top->rst_n = 0;
  std::ios::sync_with_stdio(false);
  for (std::string word; std::cin >> word;) {
    if (word == "stall") {
      std::string channel;
      unsigned percent;
      std::cin >> channel >> percent;
      for (int i = 0; i < CHANNELS; i++)
        if (channel == names[i]) {
          share[i] = percent;
          rest[i] = 0;
        }
    } else if (word == "aw" || word == "ar") {
      Transfer what{0, 0, 0, 0};
      std::cin >> what.id >> what.data;
      if (word == "ar") std::cin >> what.last >> what.after;
      (word == "aw" ? writes_open : reads_open)++;
      queues[word == "aw" ? AW : AR].push_back(what);
    } else if (word == "w" || word == "s") {
      Transfer what{0, 0, 0, 0};
      std::cin >> what.data >> what.last;
      queues[word == "w" ? W : S].push_back(what);
    } else if (word == "hold") {
      top->rst_n = 0;
      for (auto& queue : queues) queue.clear();
      for (bool& one : valid) one = false;
      responses = reads_open = writes_open = bytes_taken = 0;
    } else if (word == "release") {
      top->rst_n = 1;
      responses = 0;
      for (uint64_t& one : since) one = now;
    } else if (word == "run") {
      uint64_t count;
      std::cin >> count;
      while (count--) cycle();
    } else if (word == "settle") {
      uint64_t limit, bytes, queued;
      std::cin >> limit >> bytes >> queued;
      while (limit && (writes_open || reads_open || bytes_taken < bytes || queues[S].size() > queued)) {
        cycle();
        limit--;
      }
      if (!limit) events += "stuck\n";
    } else if (word == "take") {
      std::cout << events << "end" << std::endl;
      events.clear();
    } else {
      std::cout << "no command: " << word << std::endl;
      return 1;
    }
  }
  top.reset();
}
