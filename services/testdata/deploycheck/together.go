package main

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// rendered is a set of objects, by what others look for in them.
type rendered struct {
	deployments map[string]*appsv1.Deployment
	accounts    map[string]bool
	configs     map[string]bool
	claims      map[string]bool
	services    map[string]*corev1.Service
}

// together finds what one object says of another that is not so: selectors that select nothing, references to objects
// that are not there, ports that nobody has. Secrets are not looked for, because a chart only names them.
func together(objects []metav1.Object) []string {
	r := rendered{
		deployments: map[string]*appsv1.Deployment{}, accounts: map[string]bool{"default": true},
		configs: map[string]bool{}, claims: map[string]bool{}, services: map[string]*corev1.Service{},
	}
	for _, object := range objects {
		switch o := object.(type) {
		case *appsv1.Deployment:
			r.deployments[o.Name] = o
		case *corev1.ServiceAccount:
			r.accounts[o.Name] = true
		case *corev1.ConfigMap:
			r.configs[o.Name] = true
		case *corev1.PersistentVolumeClaim:
			r.claims[o.Name] = true
		case *corev1.Service:
			r.services[o.Name] = o
		}
	}
	var found []string
	scalers := map[string]string{}
	for _, object := range objects {
		for _, f := range r.check(object, scalers) {
			found = append(found, fmt.Sprintf("%T %s: %s", object, object.GetName(), f))
		}
	}
	return found
}

// check finds what one object says wrongly of others. Two that scale one deployment would fight, so that scalers
// remembers who does.
func (r rendered) check(object metav1.Object, scalers map[string]string) []string {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return r.deployment(o)
	case *corev1.Service:
		return r.service(o)
	case *policyv1.PodDisruptionBudget:
		return r.selects(o.Spec.Selector)
	case *networkingv1.NetworkPolicy:
		return r.selects(&o.Spec.PodSelector)
	case *autoscalingv2.HorizontalPodAutoscaler:
		return r.scales(o.Name, o.Spec.ScaleTargetRef.Name, scalers)
	case *scaledObject:
		return r.scales(o.Name, o.Spec.ScaleTargetRef.Name, scalers)
	case *networkingv1.Ingress:
		return r.ingress(o)
	case *serviceMonitor:
		return r.monitor(o)
	}
	return nil
}

func (r rendered) deployment(d *appsv1.Deployment) []string {
	pod := d.Spec.Template.Spec
	found := r.selects(d.Spec.Selector)
	if selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector); err == nil {
		if !selector.Matches(labels.Set(d.Spec.Template.Labels)) {
			found = append(found, "its selector does not match its own pods")
		}
		for name, other := range r.deployments {
			if name != d.Name && selector.Matches(labels.Set(other.Spec.Template.Labels)) {
				found = append(found, "its selector matches the pods of "+name+" too")
			}
		}
	}
	if account := pod.ServiceAccountName; account != "" && !r.accounts[account] {
		found = append(found, "there is no service account "+account)
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && !r.configs[v.ConfigMap.Name] {
			found = append(found, "there is no config map "+v.ConfigMap.Name)
		}
		if c := v.PersistentVolumeClaim; c != nil && !c.ReadOnly && !r.claims[c.ClaimName] {
			found = append(found, "there is no claim "+c.ClaimName)
		}
	}
	for _, c := range pod.Containers {
		found = append(found, container(c, volumes)...)
	}
	for _, spread := range pod.TopologySpreadConstraints {
		if selector, err := metav1.LabelSelectorAsSelector(spread.LabelSelector); err != nil || !selector.Matches(labels.Set(d.Spec.Template.Labels)) {
			found = append(found, "it is spread by labels that its pods do not have")
		}
	}
	return found
}

func container(c corev1.Container, volumes map[string]bool) []string {
	var found []string
	var ports []string
	var paths, variables []string
	for _, p := range c.Ports {
		ports = append(ports, p.Name)
	}
	for _, m := range c.VolumeMounts {
		if !volumes[m.Name] || slices.Contains(paths, m.MountPath) {
			found = append(found, fmt.Sprintf("mounts %s at %s: there is no such volume, or something is mounted there", m.Name, m.MountPath))
		}
		paths = append(paths, m.MountPath)
	}
	for _, e := range c.Env {
		if slices.Contains(variables, e.Name) {
			found = append(found, "sets "+e.Name+" twice")
		}
		variables = append(variables, e.Name)
	}
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if probe != nil && (probe.HTTPGet == nil || !slices.Contains(ports, probe.HTTPGet.Port.StrVal)) {
			found = append(found, "a probe asks a port that the container does not name")
		}
	}
	for name, limit := range c.Resources.Limits {
		if request, asked := c.Resources.Requests[name]; asked && request.Cmp(limit) > 0 {
			found = append(found, fmt.Sprintf("asks for more %s than it may have", name))
		}
	}
	return found
}

// selects: a selector has to select the pods of a deployment.
func (r rendered) selects(s *metav1.LabelSelector) []string {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return []string{err.Error()}
	}
	for _, d := range r.deployments {
		if selector.Matches(labels.Set(d.Spec.Template.Labels)) {
			return nil
		}
	}
	return []string{"selects no pods: " + selector.String()}
}

// service: its pods exist, and have the ports that it leads to.
func (r rendered) service(s *corev1.Service) []string {
	selector := labels.SelectorFromSet(s.Spec.Selector)
	var ports []intstr.IntOrString
	for _, d := range r.deployments {
		if !selector.Matches(labels.Set(d.Spec.Template.Labels)) {
			continue
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			for _, p := range c.Ports {
				ports = append(ports, intstr.FromString(p.Name), intstr.FromInt32(p.ContainerPort))
			}
		}
	}
	var found []string
	for _, p := range s.Spec.Ports {
		if !slices.Contains(ports, p.TargetPort) {
			found = append(found, fmt.Sprintf("leads to the port %s, which its pods do not have", p.TargetPort.String()))
		}
	}
	return found
}

func (r rendered) scales(by, target string, scalers map[string]string) []string {
	d, other := r.deployments[target], scalers[target]
	scalers[target] = by
	switch {
	case d == nil:
		return []string{"scales " + target + ", which is not there"}
	case other != "":
		return []string{"scales " + target + ", and so does " + other}
	case d.Spec.Replicas != nil:
		return []string{target + " has a number of replicas, to which each upgrade would take it back"}
	}
	return nil
}

func (r rendered) ingress(i *networkingv1.Ingress) []string {
	var found []string
	for _, rule := range i.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			to := p.Backend.Service
			s := r.services[to.Name]
			if s == nil || !slices.ContainsFunc(s.Spec.Ports, func(port corev1.ServicePort) bool {
				return port.Name == to.Port.Name && to.Port.Name != "" || port.Port == to.Port.Number
			}) {
				found = append(found, "leads to "+to.Name+", which is not there or has another port")
			}
		}
	}
	return found
}

func (r rendered) monitor(m *serviceMonitor) []string {
	selector, err := metav1.LabelSelectorAsSelector(&m.Spec.Selector)
	if err != nil {
		return []string{err.Error()}
	}
	for _, e := range m.Spec.Endpoints {
		if !slices.ContainsFunc(slices.Collect(maps.Values(r.services)), func(s *corev1.Service) bool {
			return selector.Matches(labels.Set(s.Labels)) && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == e.Port })
		}) {
			return []string{"asks the port " + e.Port + " of services that are not there"}
		}
	}
	return nil
}
