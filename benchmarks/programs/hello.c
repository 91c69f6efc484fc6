/* Nothing but starting and ending a process. */
#include <stdio.h>

int main(void) {
  puts("hello, world");
  return 0;
}
