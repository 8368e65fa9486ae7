// Package postgres implements the store port on PostgreSQL.
package postgres
