package io.github.bmr4j.engine.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BufferPlannerTest {

  @Test
  void buffersThatAreNeverAliveTogetherShareMemory() {
    BufferPlanner planner = new BufferPlanner();
    int a = planner.add(100, 0, 1);
    int b = planner.add(100, 2, 3);
    int c = planner.add(50, 1, 2);
    assertEquals(112 + 50, planner.plan());
    assertEquals(planner.offset(a), planner.offset(b));
    assertEquals(112, planner.offset(c));
  }

  @Test
  void buffersThatMeetNeverOverlap() {
    Random random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      int n = 1 + random.nextInt(40);
      int[] size = new int[n];
      int[] from = new int[n];
      int[] to = new int[n];
      BufferPlanner planner = new BufferPlanner();
      long sum = 0;
      for (int i = 0; i < n; i++) {
        size[i] = random.nextInt(1000);
        from[i] = random.nextInt(20);
        to[i] = from[i] + random.nextInt(6);
        planner.add(size[i], from[i], to[i]);
        sum += size[i] + BufferPlanner.ALIGNMENT;
      }
      int total = planner.plan();
      assertTrue(total <= sum, "planned " + total + " for buffers of " + sum);
      for (int i = 0; i < n; i++) {
        assertEquals(0, planner.offset(i) % BufferPlanner.ALIGNMENT);
        assertTrue(planner.offset(i) + size[i] <= total);
        for (int j = 0; j < i; j++) {
          boolean meet = from[i] <= to[j] && from[j] <= to[i];
          boolean apart =
              planner.offset(i) + size[i] <= planner.offset(j)
                  || planner.offset(j) + size[j] <= planner.offset(i);
          assertTrue(!meet || apart, "trial " + trial + ": buffers " + i + " and " + j);
        }
      }
    }
  }

  @Test
  void moreThanAnArrayHoldsIsRefused() {
    BufferPlanner planner = new BufferPlanner();
    planner.add(Integer.MAX_VALUE - 100, 0, 1);
    planner.add(1000, 0, 1);
    assertThrows(IllegalArgumentException.class, planner::plan);
  }
}
