package configs

import "wissel/internal/store/redis"

type redisShape struct {
	Address  string `yaml:"address" doc:"host and port; nothing by default: limits are counted in this process"`
	User     string `yaml:"user" doc:"of its access list; the default one by default"`
	Password string `yaml:"password" doc:"file:/path or ${NAME}; needed unless it is on this machine"`
	TLS      bool   `yaml:"tls" doc:"encrypt, and check the certificate against the system's authorities"`
	Nodes    int    `yaml:"nodes" doc:"how many nodes share it: with Redis gone each keeps to its part of every limit; 1 by default"`
}

// redis reads where nodes count together.
func (l *loader) redis(s redisShape) {
	set := redis.Settings{Address: s.Address, User: s.User, Password: l.secret("redis.password", s.Password), TLS: s.TLS, Nodes: s.Nodes}
	l.doc.take(set.Check("redis"))
	l.out.Redis = set
}
