/* Targets, masked maxima, epsilon and the replay ring, by hand. */
#include "ams/agent.h"
#include "base/rng.h"
#include "rl/net/math.h"
#include "rl/replay/replay.h"
#include "tests/base/suite.h"

static const float discount[] = {0.5F, 0.5F, 0.5F, 0.5F};

START_TEST(masked)
{
    const float q[] = {5, -1, 3, 4}; /* three models and END */
    ck_assert_float_eq(ams_masked_max(q, 0x7, 3, 1), 5);
    ck_assert_float_eq(ams_masked_max(q, 0x6, 3, 1), 4);
    ck_assert_float_eq(ams_masked_max(q, 0x6, 3, 0), 3);
    ck_assert_float_eq(ams_masked_max(q, 0x2, 3, 0), -1);
    ck_assert_float_eq(ams_masked_max(q, 0, 3, 0), 0);
    ck_assert_uint_eq(ams_masked_argmax(q, 0x7, 3, 1), 0);
    ck_assert_uint_eq(ams_masked_argmax(q, 0x6, 3, 1), 3);
    ck_assert_uint_eq(ams_masked_argmax(q, 0x6, 3, 0), 2);
    ck_assert_uint_eq(ams_masked_argmax(q, 0, 3, 1), 3);
    const float tie[] = {1, 2, 2, 2};
    ck_assert_uint_eq(ams_masked_argmax(tie, 0x7, 3, 1), 1);
    /* All 64 bits in use. */
    float wide[65];
    for (int i = 0; i < 65; i++) {
        wide[i] = (float)i;
    }
    ck_assert_uint_eq(ams_masked_argmax(wide, UINT64_MAX, 64, 0), 63);
    ck_assert_uint_eq(ams_masked_argmax(wide, UINT64_MAX, 64, 1), 64);
}
END_TEST

START_TEST(dqn)
{
    const float q_target[] = {1, 2, 3, 1, 2, 3, 1, 2, 3, -5, -7, -6};
    const float reward[] = {0.5F, 0.5F, 0.5F, 0.25F};
    const uint8_t terminal[] = {0, 1, 0, 0};
    const uint64_t remaining[] = {0x3, 0x3, 0x1, 0x2};
    ams_td_batch batch = {.n = 4,
                          .n_models = 2,
                          .discount = discount,
                          .end_valid = true,
                          .reward = reward,
                          .terminal = terminal,
                          .remaining = remaining,
                          .columns = 3,
                          .q_target = q_target};
    float y[4];
    ams_agent_dqn.targets(&batch, y);
    ck_assert_float_eq(y[0], 2.0F); /* END has the largest Q */
    ck_assert_float_eq(y[1], 0.5F); /* terminal */
    ck_assert_float_eq(y[2], 2.0F);
    ck_assert_float_eq(y[3], -2.75F); /* 0.25 - 0.5 * 6 */
    batch.end_valid = false;
    ams_agent_dqn.targets(&batch, y);
    ck_assert_float_eq(y[0], 1.5F);
    ck_assert_float_eq(y[2], 1.0F);
    ck_assert_float_eq(y[3], -3.25F);
}
END_TEST

/* Rows with room for whole vectors are read by those: the same maximum. */
START_TEST(dqn_in_vectors)
{
    enum { COLUMNS = 80, ROWS = 97 };
    static float q_target[ROWS * COLUMNS];
    float reward[ROWS] = {0};
    float discounts[ROWS];
    uint8_t terminal[ROWS] = {0};
    uint64_t remaining[ROWS];
    float y[ROWS];
    const uint32_t n_models = (uint32_t)_i;
    uint32_t words[4];
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t k = 0; k < COLUMNS; k++) {
            ams_philox(1, AMS_STREAM_EXPLORE, i * COLUMNS + k, words);
            q_target[i * COLUMNS + k] = (float)ams_unit(words[0]) - 0.7F;
        }
        discounts[i] = 1;
        remaining[i] = (uint64_t)words[1] << 32 | words[2];
        remaining[i] &= i % 8 == 0 ? 0 : UINT64_MAX >> (64 - n_models);
    }
    for (int end = 0; end < 2; end++) {
        const ams_td_batch batch = {.n = ROWS,
                                    .n_models = n_models,
                                    .end_valid = end,
                                    .reward = reward,
                                    .discount = discounts,
                                    .terminal = terminal,
                                    .remaining = remaining,
                                    .columns = COLUMNS,
                                    .q_target = q_target};
        ams_agent_dqn.targets(&batch, y);
        for (uint32_t i = 0; i < ROWS; i++) {
            const float *q = q_target + (size_t)i * COLUMNS;
            ck_assert_float_eq(y[i], ams_masked_max(q, remaining[i], n_models, end));
        }
    }
}
END_TEST

/* The online network prefers another action than the target network. */
START_TEST(double_dqn)
{
    const float q_online[] = {3, 2, 1, 3, 2, 1, 3, 2, 4, 9, 9, 9};
    const float q_target[] = {-1, 5, 7, -1, 5, 7, -1, 5, 7, 8, 8, 8};
    const float reward[] = {0.5F, 0.5F, 0.5F, 0.5F};
    const uint8_t terminal[] = {0, 0, 0, 1};
    const uint64_t remaining[] = {0x3, 0x2, 0x3, 0x3};
    ams_td_batch batch = {.n = 4,
                          .n_models = 2,
                          .discount = discount,
                          .end_valid = true,
                          .reward = reward,
                          .terminal = terminal,
                          .remaining = remaining,
                          .columns = 3,
                          .q_target = q_target,
                          .q_online = q_online};
    float y[4];
    ck_assert(ams_agent_double.wants_online);
    ams_agent_double.targets(&batch, y);
    ck_assert_float_eq(y[0], 0.0F); /* model 0 chosen, worth -1 */
    ck_assert_float_eq(y[1], 3.0F); /* model 0 has run: model 1, worth 5 */
    ck_assert_float_eq(y[2], 4.0F); /* END chosen, worth 7 */
    ck_assert_float_eq(y[3], 0.5F); /* terminal */
    batch.end_valid = false;
    ams_agent_double.targets(&batch, y);
    ck_assert_float_eq(y[2], 0.0F);
}
END_TEST

START_TEST(sarsa)
{
    const float q_target[] = {4, 1, -2, 4, 1, -2, 4, 1, -2};
    const float reward[] = {1, 1, 1};
    const uint8_t terminal[] = {0, 0, 1};
    const uint8_t next_action[] = {1, 2, 0};
    const uint64_t remaining[] = {0x3, 0x3, 0};
    ams_td_batch batch = {.n = 3,
                          .n_models = 2,
                          .discount = discount,
                          .end_valid = true,
                          .reward = reward,
                          .terminal = terminal,
                          .remaining = remaining,
                          .next_action = next_action,
                          .columns = 3,
                          .q_target = q_target};
    float y[3];
    ck_assert(ams_agent_sarsa.wants_next);
    ams_agent_sarsa.targets(&batch, y);
    ck_assert_float_eq(y[0], 1.5F); /* what was done, not the best */
    ck_assert_float_eq(y[1], 0.0F); /* END, worth -2 */
    ck_assert_float_eq(y[2], 1.0F); /* terminal */
}
END_TEST

START_TEST(epsilon)
{
    ck_assert_double_eq(ams_epsilon_at(0, 1, 0.1, 100), 1);
    ck_assert_double_eq_tol(ams_epsilon_at(50, 1, 0.1, 100), 0.55, 1e-12);
    ck_assert_double_eq(ams_epsilon_at(100, 1, 0.1, 100), 0.1);
    ck_assert_double_eq(ams_epsilon_at(1000, 1, 0.1, 100), 0.1);
    ck_assert_double_eq(ams_epsilon_at(0, 1, 0.1, 0), 0.1);
}
END_TEST

START_TEST(ring)
{
    ams_replay replay;
    ck_assert_int_eq(ams_replay_init(&replay, 3, NULL), AMS_OK);
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t slot = ams_replay_push(&replay, (ams_transition){.item = i});
        ck_assert_uint_eq(slot, i % 3);
    }
    ck_assert_uint_eq(replay.size, 3);
    ck_assert_uint_eq(replay.head, 2);
    ck_assert_uint_eq(replay.slots[0].item, 3);
    ck_assert_uint_eq(replay.slots[2].item, 2);
    ams_replay_fini(&replay);
}
END_TEST

/* Every slot is drawn equally often: chi-squared with 9 degrees of freedom, 99.9 % point 27.9.
 */
START_TEST(sampling)
{
    ams_replay replay;
    ck_assert_int_eq(ams_replay_init(&replay, 16, NULL), AMS_OK);
    for (uint32_t i = 0; i < 10; i++) {
        ams_replay_push(&replay, (ams_transition){.item = i});
    }
    int count[10] = {0};
    uint64_t batch[100];
    for (uint64_t t = 0; t < 100; t++) {
        ams_replay_sample(&replay, 3, 100 * t, 0, 100, batch);
        for (int i = 0; i < 100; i++) {
            ck_assert_uint_lt(batch[i], 10);
            count[batch[i]]++;
        }
    }
    double chi2 = 0;
    for (int i = 0; i < 10; i++) {
        chi2 += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000.0;
    }
    ck_assert_double_lt(chi2, 27.9);
    uint64_t again[100];
    ams_replay_sample(&replay, 3, 9900, 0, 100, again);
    ck_assert_mem_eq(batch, again, sizeof batch);
    ams_replay_fini(&replay);
}
END_TEST

/* The newest are never drawn, all others are, wherever the head stands. */
START_TEST(sampling_older)
{
    enum { SIZE = 10, NEWEST = 3 };
    ams_replay replay;
    ck_assert_int_eq(ams_replay_init(&replay, SIZE, NULL), AMS_OK);
    for (uint32_t pushed = 1; pushed < 4 * SIZE; pushed++) {
        ams_replay_push(&replay, (ams_transition){.item = pushed});
        if (replay.size <= NEWEST) {
            continue;
        }
        bool drawn[4 * SIZE] = {false};
        uint64_t batch[200];
        ams_replay_sample(&replay, 3, UINT64_C(200) * pushed, NEWEST, 200, batch);
        for (int i = 0; i < 200; i++) {
            drawn[replay.slots[batch[i]].item] = true;
        }
        for (uint32_t item = 0; item < 4 * SIZE; item++) {
            bool held = item > pushed - (uint32_t)replay.size && item <= pushed - NEWEST;
            ck_assert_int_eq(drawn[item], held);
        }
    }
    ams_replay_fini(&replay);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, masked);
    tcase_add_test(tests, dqn);
    tcase_add_loop_test(tests, dqn_in_vectors, 1, 65);
    tcase_add_test(tests, double_dqn);
    tcase_add_test(tests, sarsa);
    tcase_add_test(tests, epsilon);
    tcase_add_test(tests, ring);
    tcase_add_test(tests, sampling);
    tcase_add_test(tests, sampling_older);
}

int main(void)
{
    return run_suite("rl/agent", add);
}
