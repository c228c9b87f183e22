// Package redis keeps what several nodes share, and today that is limits: how often something may happen, over all nodes. It
// is the home of go-redis and redis_rate. Without Redis the limits are counted in this process; where one is set and does not
// answer, this node counts for itself with its share of each limit: never without one, and never shut. Nothing here is in a
// call's path, and each question takes a few tens of milliseconds at most. internal/app calls it.
package redis
